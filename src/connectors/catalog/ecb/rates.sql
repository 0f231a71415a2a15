-- Table: core.fx_rate
-- Grain: day, currency; units of the currency for one euro
-- Inputs: page, the lines of eurofxref-hist.csv: a column a currency, N/A where there is none. eurofxref.csv is alike,
--   with its day as `13 April 2026`.
-- Late data: rates are not revised; what the file no longer has stays
WITH lines AS (
    SELECT page_no, from_json(body, '{"rows": ["JSON"]}').rows AS rows FROM page
),

line AS (
    SELECT page_no, unnest(rows) AS line, CAST(unnest(range(len(rows))) AS INTEGER) AS record_no FROM lines
),

dated AS (
    SELECT
        *,
        trim(json_extract_string(line, '$.Date')) AS day,
        coalesce(TRY_CAST(trim(json_extract_string(line, '$.Date')) AS DATE),
            CAST(try_strptime(trim(json_extract_string(line, '$.Date')), '%d %B %Y') AS DATE)) AS date
    FROM line
),

wanted AS (
    SELECT page_no, record_no, day, date, unnest(map_entries(CAST(line AS MAP(VARCHAR, VARCHAR)))) AS entry
    FROM dated
    WHERE date >= CAST(json_extract_string(CAST(getvariable('settings') AS JSON), '$.first_day') AS DATE)
),

stated AS (
    SELECT page_no, record_no, day, date, upper(trim(entry.key)) AS currency, trim(entry.value) AS rate
    FROM wanted
    WHERE regexp_full_match(trim(entry.key), '[A-Za-z]{3}')
    UNION ALL
    -- A day that cannot be read is one bad row, not one for each currency.
    SELECT page_no, record_no, day, NULL, NULL, NULL FROM dated WHERE date IS NULL
),

read_in AS (
    SELECT CAST(json_extract(CAST(getvariable('settings') AS JSON), '$.currencies') AS VARCHAR[]) AS currencies
)

SELECT
    date,
    currency,
    TRY_CAST(rate AS DECIMAL(18, 9)) AS rate,
    page_no,
    record_no,
    CASE WHEN date IS NULL THEN problems([required('Date', day), bad_date('Date', day)])
         WHEN coalesce(TRY_CAST(rate AS DECIMAL(18, 9)) <= 0, true)
         THEN currency || ': "' || left(rate, 80) || '" is not a rate above zero' END AS problem
FROM stated, read_in
WHERE date IS NULL
    OR coalesce(rate, '') NOT IN ('', 'N/A') AND (len(coalesce(currencies, [])) = 0 OR list_contains(currencies, currency))
