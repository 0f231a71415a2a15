-- Table: core.fx_rate
-- Grain: day, currency; units of the currency for one euro
-- Inputs: page, eurofxref-daily.xml; the files of several days are alike
-- Late data: rates are not revised; what the file no longer has stays
WITH days AS (
    SELECT
        page_no,
        unnest(from_json(body, '{"Envelope": {"Cube": [{"Cube": [{"@time": "VARCHAR", "Cube": [{"@currency": "VARCHAR", "@rate": "VARCHAR"}]}]}]}}')
            .Envelope.Cube[1].Cube) AS day
    FROM page
),

stated AS (
    SELECT
        page_no,
        day."@time" AS date,
        unnest(day.Cube) AS cube,
        CAST(unnest(range(len(day.Cube))) AS INTEGER) AS record_no
    FROM days
),

read_in AS (
    SELECT CAST(json_extract(CAST(getvariable('settings') AS JSON), '$.currencies') AS VARCHAR[]) AS currencies
)

SELECT
    TRY_CAST(date AS DATE) AS date,
    upper(cube."@currency") AS currency,
    TRY_CAST(cube."@rate" AS DECIMAL(18, 9)) AS rate,
    page_no,
    record_no,
    problems([
        required('time', date),
        bad_date('time', date),
        required('currency', cube."@currency"),
        CASE WHEN NOT regexp_full_match(upper(cube."@currency"), '[A-Z]{3}')
             THEN 'currency: "' || left(cube."@currency", 80) || '" is not a code of three letters' END,
        required('rate', cube."@rate"),
        CASE WHEN coalesce(TRY_CAST(cube."@rate" AS DECIMAL(18, 9)) <= 0, cube."@rate" IS NOT NULL)
             THEN upper(cube."@currency") || ': "' || left(cube."@rate", 80) || '" is not a rate above zero' END
    ]) AS problem
FROM stated, read_in
WHERE len(coalesce(currencies, [])) = 0 OR list_contains(currencies, upper(cube."@currency"))
