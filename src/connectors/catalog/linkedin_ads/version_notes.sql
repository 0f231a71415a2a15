-- A version lives about a year from its month on: from eleven months on readers of `status` are told.
WITH version AS (
    SELECT json_extract_string(CAST(getvariable('settings') AS JSON), '$.version') AS name
),

ends AS (
    SELECT name, CAST(TRY_CAST(left(name, 4) || '-' || right(name, 2) || '-01' AS DATE) + INTERVAL 1 YEAR AS DATE) AS date
    FROM version
)

SELECT 'LinkedIn ends version ' || name || ' of its API about ' || strftime(date, '%B %Y')
    || ': update Daybook, or set version to a current one' AS note
FROM ends
WHERE to_timestamp(CAST(getvariable('fetched_unix') AS BIGINT)) >= date - INTERVAL 1 MONTH
