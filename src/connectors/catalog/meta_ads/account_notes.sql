-- Accounts that are not active: what was read of them stays, and nothing new comes.
WITH account AS (
    SELECT
        coalesce(body ->> '$.account_id', getvariable('partition')) AS id,
        coalesce(' (' || nullif(left(body ->> '$.name', 60), '') || ')', '') AS name,
        body ->> '$.account_status' AS status
    FROM page
)

SELECT 'the ad account ' || id || name || CASE status
        WHEN '2' THEN ' is disabled'
        WHEN '3' THEN ' has unsettled bills'
        WHEN '7' THEN ' waits for a review of its risk'
        WHEN '8' THEN ' waits for a settlement'
        WHEN '9' THEN ' is in a period of grace'
        WHEN '100' THEN ' is about to be closed'
        WHEN '101' THEN ' is closed'
        ELSE ' is not active'
    END || ' (account_status ' || left(status, 20) || ')' AS note
FROM account
WHERE status <> '1'
