-- What is known of mails, and what is not offered.
WITH mail AS (
    SELECT unnest(json_extract(body, '$.schedules[*]')) AS m FROM page
)

SELECT count(*) || CASE count(*) WHEN 1 THEN ' campaign mail: ' ELSE ' campaign mails: ' END
    || coalesce(CAST(sum(TRY_CAST(m ->> '$.stats.delivered' AS BIGINT)) AS VARCHAR) || ' delivered', 'how many were delivered is not told')
    || '; GoHighLevel does not offer the figures of mails that workflows and bulk sends have sent, so that no report has any of them' AS note
FROM mail
HAVING count(*) > 0
