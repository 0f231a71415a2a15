-- Table: core.audience_level
-- Grain: audience, day of the workspace's zone on which it was read; the last reading of the day holds
-- Inputs: page, an audience
-- Late data: none: past days are not told
WITH audience AS (
    SELECT page_no, from_json(body, '{"id": "VARCHAR", "name": "VARCHAR",
        "stats": {"member_count": "VARCHAR", "unsubscribe_count": "VARCHAR", "cleaned_count": "VARCHAR"}}') AS r
    FROM page
)

SELECT
    coalesce(r.id, getvariable('partition')) AS list_id,
    coalesce(r.name, '') AS list_name,
    local_date(from_unix(getvariable('fetched_unix')), getvariable('time_zone')) AS date,
    TRY_CAST(r.stats.member_count AS BIGINT) AS members,
    TRY_CAST(r.stats.unsubscribe_count AS BIGINT) AS unsubscribed,
    TRY_CAST(r.stats.cleaned_count AS BIGINT) AS bounced,
    page_no,
    0 AS record_no,
    problems([
        required('stats.member_count', r.stats.member_count),
        bad_whole('stats.member_count', r.stats.member_count),
        bad_whole('stats.unsubscribe_count', r.stats.unsubscribe_count),
        bad_whole('stats.cleaned_count', r.stats.cleaned_count)
    ]) AS problem
FROM audience
