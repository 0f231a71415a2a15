-- Table: core.calendar_item
-- Grain: article that is planned, drafted or published
-- Inputs: page, lists of articles; core.article
-- Late data: changed ones come again by their modification time; what is gone from the list of articles is gone here
-- Rules: what only people of the site see is no plan. A draft is due on a day only where somebody set one
WITH record AS (
    SELECT page_no, unnest(list) AS r, unnest(range(len(list))) AS record_no
    FROM (
        SELECT page_no, from_json(CASE WHEN json_type(body) = 'ARRAY' THEN body ELSE json_array(body) END, '[{"id": "VARCHAR", "date_gmt": "VARCHAR",
            "status": "VARCHAR", "type": "VARCHAR", "link": "VARCHAR", "title": {"rendered": "VARCHAR"}, "author": "VARCHAR"}]') AS list
        FROM page WHERE part = '')
),

timed AS (
    SELECT *, CASE WHEN r.date_gmt NOT LIKE '0000-%' THEN replace(r.date_gmt, 'Z', '') END AS due,
        CASE r.status WHEN 'publish' THEN 'published' WHEN 'future' THEN 'scheduled' WHEN 'pending' THEN 'review' WHEN 'draft' THEN 'draft'
            WHEN 'auto-draft' THEN 'draft' END AS state
    FROM record
)

SELECT
    r.id AS item_id,
    'article' AS kind,
    'website' AS platform,
    r.type AS content_type,
    coalesce(plain_text(r.title.rendered), '') AS title,
    state AS status,
    TRY_CAST(due AS TIMESTAMP) AS due_at,
    local_date(TRY_CAST(due AS TIMESTAMP), getvariable('time_zone')) AS due_date,
    CAST(NULL AS VARCHAR) AS campaign,
    r.author AS responsible,
    CASE WHEN state = 'published' THEN r.link END AS url,
    state IS NULL AS is_absent,
    page_no,
    CAST(record_no AS INTEGER) AS record_no,
    problems([
        required('id', r.id),
        bad_instant('date_gmt', due)
    ]) AS problem
FROM timed
UNION ALL
-- Of articles that are gone.
SELECT c.* EXCLUDE (workspace, connection, load_id), true, (SELECT min(page_no) FROM page), 0, NULL
FROM core.calendar_item AS c
JOIN core.article AS a ON a.workspace = c.workspace AND a.connection = c.connection AND a.article_id = c.item_id
WHERE c.workspace = getvariable('workspace') AND c.connection = getvariable('connection')
    AND a.archived_at IS NOT NULL AND a.absence = 'gone'
