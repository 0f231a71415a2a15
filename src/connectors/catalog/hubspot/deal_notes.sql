-- Properties that HubSpot leaves out of every deal though they are asked for: archived ones, or ones that
-- the token may not see. What is empty comes as null; what is not there says nothing.
WITH asked AS (
    SELECT * FROM (VALUES
        ('amount', 'the value of deals is not known'),
        ('closedate', 'when deals are closed is not known'),
        ('dealstage', 'how deals stand is not known'),
        ('hs_is_closed', 'which deals are closed is not known'),
        ('hs_is_closed_won', 'which deals are won is not known')) AS v(name, lacks)
),

-- Every record has what was asked for, so the first thousand tell.
record AS (
    SELECT unnest(json_extract(body, '$.results[*].properties')) AS properties
    FROM (SELECT body FROM page LIMIT 10)
),

sent AS (
    SELECT DISTINCT unnest(json_keys(properties)) AS name FROM record
)

SELECT 'HubSpot does not send the property ' || name || ', though it is asked for: ' || lacks
    || '; look whether the property is archived, and whether the token may read it' AS note
FROM asked
WHERE name NOT IN (SELECT name FROM sent) AND (SELECT count(*) FROM sent) > 0
ORDER BY note
LIMIT 20
