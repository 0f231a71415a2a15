-- Fields that the user may not read, and amounts in currencies that the organization converts by rates of its own.
WITH record AS (
    SELECT unnest(json_extract(body, '$.records[*]')) AS r FROM page
),

asked AS (
    SELECT * FROM (VALUES
        ('Amount', 'the value of opportunities is not known'),
        ('CloseDate', 'when opportunities are closed is not known'),
        ('StageName', 'how opportunities stand is not known'),
        ('IsClosed', 'which opportunities are closed is not known'),
        ('IsWon', 'which opportunities are won is not known'),
        ('LeadSource', 'where opportunities come from is not known')) AS v(name, lacks)
),

-- What is empty comes as null, so that the first record tells.
sent AS (
    SELECT json_keys(any_value(r)) AS names FROM record WHERE (r ->> '$.attributes.type') = 'Opportunity' HAVING count(*) > 0
),

rate AS (
    SELECT count(*) FILTER ((r ->> '$.IsCorporate') = 'true') AS corporate, count(*) AS currencies,
        any_value(r ->> '$.IsoCode') FILTER ((r ->> '$.IsCorporate') = 'true') AS currency
    FROM record
    WHERE (r ->> '$.attributes.type') = 'CurrencyType'
),

found AS (
    SELECT 1 AS place, 'the user may not read the field ' || a.name || ' of opportunities, or it is not there: ' || a.lacks
        || '; give the user the right to read it' AS note
    FROM asked AS a, sent AS s
    WHERE NOT list_contains(s.names, a.name)
    UNION ALL
    SELECT 2, 'the organization has ' || currencies || ' currencies and converts them to ' || coalesce(currency, 'its own')
        || ' by rates of its own: amounts are kept in their currency here and converted by the rates of the exchange rate source,'
        || ' so that sums differ from Salesforce''s'
    FROM rate
    WHERE currencies > 1
)

SELECT note
FROM found
ORDER BY place, note
LIMIT 20
