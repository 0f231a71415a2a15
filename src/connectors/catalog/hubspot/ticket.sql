-- Table: core.ticket
-- Grain: ticket as it stands; subject and text are not asked for
-- Inputs: page, lists of tickets and of archived ones; values are texts or null
-- Late data: all tickets are listed each time, deleted ones by the recycle bin
WITH list AS (
    SELECT
        page_no,
        from_json(body, '{"results": [{"id": "VARCHAR", "createdAt": "VARCHAR", "updatedAt": "VARCHAR",
            "archived": "VARCHAR", "archivedAt": "VARCHAR", "properties": {
            "createdate": "VARCHAR", "hs_lastmodifieddate": "VARCHAR", "closed_date": "VARCHAR", "first_agent_reply_date": "VARCHAR",
            "hs_pipeline": "VARCHAR", "hs_pipeline_stage": "VARCHAR", "hs_ticket_priority": "VARCHAR", "hs_ticket_category": "VARCHAR",
            "source_type": "VARCHAR", "hs_merged_object_ids": "VARCHAR"}}]}').results AS results
    FROM page
),

record AS (
    SELECT page_no, unnest(results) AS r, unnest(range(len(results))) AS record_no FROM list
),

named AS (
    SELECT
        *,
        r.properties AS p,
        replace(coalesce(r.properties.createdate, r.createdAt), 'Z', '') AS created,
        replace(coalesce(r.properties.hs_lastmodifieddate, r.updatedAt), 'Z', '') AS modified,
        replace(nullif(r.properties.first_agent_reply_date, ''), 'Z', '') AS replied,
        replace(nullif(r.properties.closed_date, ''), 'Z', '') AS closed,
        CASE WHEN r.archived = 'true' THEN replace(coalesce(r.archivedAt, r.updatedAt), 'Z', '') END AS archived
    FROM record
)

SELECT
    r.id AS ticket_id,
    p.hs_pipeline AS pipeline,
    p.hs_pipeline_stage AS stage,
    coalesce(p.hs_ticket_priority, '') AS priority,
    coalesce(p.hs_ticket_category, '') AS category,
    coalesce(p.source_type, '') AS channel,
    TRY_CAST(created AS TIMESTAMP) AS created_at,
    local_date(TRY_CAST(created AS TIMESTAMP), getvariable('time_zone')) AS created_date,
    TRY_CAST(modified AS TIMESTAMP) AS modified_at,
    TRY_CAST(replied AS TIMESTAMP) AS replied_at,
    TRY_CAST(closed AS TIMESTAMP) AS closed_at,
    local_date(TRY_CAST(closed AS TIMESTAMP), getvariable('time_zone')) AS closed_date,
    closed IS NOT NULL AS is_closed,
    TRY_CAST(archived AS TIMESTAMP) AS archived_at,
    list_filter(list_transform(string_split(coalesce(p.hs_merged_object_ids, ''), ';'), lambda id: trim(id)),
        lambda id: id <> '') AS merged_ticket_ids,
    CAST(NULL AS VARCHAR) AS absence,
    page_no,
    CAST(record_no AS INTEGER) AS record_no,
    problems([
        required('id', r.id),
        required('createdate', created),
        bad_instant('createdate', created),
        required('hs_lastmodifieddate', modified),
        bad_instant('hs_lastmodifieddate', modified),
        bad_instant('first_agent_reply_date', replied),
        bad_instant('closed_date', closed),
        CASE WHEN r.archived = 'true' THEN required('archivedAt', archived) END,
        bad_instant('archivedAt', archived)
    ]) AS problem
FROM named
