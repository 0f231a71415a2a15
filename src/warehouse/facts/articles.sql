-- Sessions that began on each published article, by the path that the content system and web analytics have in common:
-- decoded, small letters, without a slash at the end and without a query.
-- Grain: workspace, connection, article, day. An article without a session on a day has no row of it. Pages are known by
-- path alone: articles of two sites in one workspace with the same path both have the sessions of that path.
CREATE OR REPLACE VIEW mart.article_daily AS
WITH page AS (
    SELECT workspace, date,
        lower(coalesce(nullif(rtrim(regexp_replace(url_decode(regexp_extract(page, '^[^?#]*')), '/+', '/', 'g'), '/'), ''), '/')) AS path,
        sum(sessions) AS sessions, sum(engaged_sessions) AS engaged_sessions, sum(pageviews) AS pageviews, sum(key_events) AS key_events
    FROM core.page_daily
    GROUP BY ALL
)

SELECT a.workspace, a.connection, a.article_id, p.date, a.title, a.path, a.kind, a.categories, a.published_date,
    p.date - a.published_date AS days_since, p.sessions, p.engaged_sessions, p.pageviews, p.key_events
FROM core.article AS a
JOIN page AS p ON p.workspace = a.workspace AND p.path = lower(a.path)
WHERE a.status = 'published' AND a.archived_at IS NULL;
