-- Claim: published articles are found among the pages of web analytics
-- Columns: workspace, connection, says (one sentence)
-- An article that nobody visited is no fault. Where most of those of the last year have never been a landing page, their
-- addresses are not those that web analytics knows.
WITH known AS (
    SELECT workspace, max(date) AS date FROM core.page_daily GROUP BY workspace
),

old_enough AS (
    SELECT a.workspace, a.connection, a.article_id
    FROM core.article AS a
    JOIN known AS k ON k.workspace = a.workspace
    WHERE a.status = 'published' AND a.archived_at IS NULL AND a.published_date BETWEEN k.date - 365 AND k.date - 14
),

counted AS (
    SELECT o.workspace, o.connection, count(*) AS articles, count(v.article_id) AS visited
    FROM old_enough AS o
    LEFT JOIN (SELECT DISTINCT workspace, connection, article_id FROM mart.article_daily) AS v
        ON v.workspace = o.workspace AND v.connection = o.connection AND v.article_id = o.article_id
    GROUP BY o.workspace, o.connection
)

SELECT workspace, connection,
    (articles - visited) || ' of ' || articles || ' articles of ' || connection
        || ' are no landing page in web analytics: their addresses may be of another site, or not be measured' AS says
FROM counted
WHERE articles >= 5 AND visited * 2 < articles
