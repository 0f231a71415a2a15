-- Table: core.article
-- Grain: article as it stands
-- Inputs: page, lists of articles; categories, their names
-- Late data: changed ones come again by their modification time, and all once a day: what is listed no more is gone
-- Rules: times are those in UTC, which come without a zone; a draft has a day only where somebody set one. Titles and names
--   are HTML. The path is decoded and without a slash at the end, as it is joined with the pages of web analytics
WITH record AS (
    SELECT page_no, unnest(list) AS r, unnest(range(len(list))) AS record_no
    FROM (
        SELECT page_no, from_json(CASE WHEN json_type(body) = 'ARRAY' THEN body ELSE json_array(body) END, '[{"id": "VARCHAR", "date": "VARCHAR", "date_gmt": "VARCHAR",
            "modified": "VARCHAR", "modified_gmt": "VARCHAR", "status": "VARCHAR", "type": "VARCHAR", "link": "VARCHAR", "title": {"rendered": "VARCHAR"},
            "author": "VARCHAR", "categories": ["VARCHAR"]}]') AS list
        FROM page WHERE part = '')
),

category AS (
    SELECT c.id AS id, any_value(plain_text(c.name)) AS name
    FROM (SELECT unnest(from_json(body, '[{"id": "VARCHAR", "name": "VARCHAR"}]')) AS c FROM page WHERE part = 'categories')
    GROUP BY c.id
),

named AS (
    SELECT page_no, record_no, list(coalesce(k.name, x.id) ORDER BY x.no) AS names
    FROM (SELECT page_no, record_no, unnest(r.categories) AS id, unnest(range(len(r.categories))) AS no FROM record) AS x
    LEFT JOIN category AS k ON k.id = x.id
    GROUP BY page_no, record_no
),

timed AS (
    SELECT s.*, n.names,
        -- All zeros stand for no day.
        CASE WHEN r.date_gmt NOT LIKE '0000-%' THEN replace(r.date_gmt, 'Z', '') END AS published,
        replace(coalesce(CASE WHEN r.modified_gmt NOT LIKE '0000-%' THEN r.modified_gmt END, r.modified), 'Z', '') AS changed,
        CASE r.status WHEN 'publish' THEN 'published' WHEN 'future' THEN 'scheduled' WHEN 'auto-draft' THEN 'draft' WHEN 'inherit' THEN 'published' ELSE r.status END AS state
    FROM record AS s
    LEFT JOIN named AS n ON n.page_no = s.page_no AND n.record_no = s.record_no
)

SELECT
    r.id AS article_id,
    coalesce(r.type, '') AS kind,
    state AS status,
    coalesce(plain_text(r.title.rendered), '') AS title,
    CASE WHEN state = 'published' THEN r.link END AS url,
    CASE WHEN state = 'published' THEN page_path(r.link) END AS path,
    TRY_CAST(published AS TIMESTAMP) AS published_at,
    local_date(TRY_CAST(published AS TIMESTAMP), getvariable('time_zone')) AS published_date,
    TRY_CAST(changed AS TIMESTAMP) AS modified_at,
    r.author AS author_id,
    coalesce(names, []) AS categories,
    CAST([] AS VARCHAR[]) AS merged_article_ids,
    CAST(NULL AS TIMESTAMP) AS archived_at,
    CAST(NULL AS VARCHAR) AS absence,
    page_no,
    CAST(record_no AS INTEGER) AS record_no,
    problems([
        required('id', r.id),
        required('status', r.status),
        CASE WHEN r.status IS NOT NULL AND state NOT IN ('published', 'scheduled', 'pending', 'draft', 'private')
             THEN 'status: "' || left(r.status, 80) || '" is not known' END,
        CASE WHEN state IN ('published', 'scheduled') THEN required('date_gmt', published) END,
        bad_instant('date_gmt', published),
        required('modified_gmt', changed),
        bad_instant('modified_gmt', changed)
    ]) AS problem
FROM timed
