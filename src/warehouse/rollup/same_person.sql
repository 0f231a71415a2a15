-- Relation: pairs of keys that stand for one person, (a, b); b is null where a key stands alone
-- Grain: pair; a key is `customer_id <connection> <id>`, `contact_id <connection> <id>` or `person_key <pseudonym>`
-- Inputs: core.payment, core.customer, core.earlier_payer, core.contact, ops.objection; the variable workspace
-- Owner: marketing analytics
WITH own AS (
    -- The address that a customer has.
    SELECT connection, customer_id, person_key AS own_key FROM core.customer
    WHERE workspace = getvariable('workspace') AND person_key IS NOT NULL
),

paid AS (
    SELECT connection, customer_id, person_key, coalesce(is_receipt_key, false) AS is_receipt_key
    FROM core.payment WHERE workspace = getvariable('workspace')
    UNION SELECT connection, customer_id, person_key, false
    FROM core.earlier_payer WHERE workspace = getvariable('workspace')
),

shared AS (
    -- Of a till or an agency: customers with other addresses of their own pay with it.
    SELECT p.person_key
    FROM paid AS p JOIN own AS o ON o.connection = p.connection AND o.customer_id = p.customer_id AND o.own_key <> p.person_key
    GROUP BY p.person_key
    HAVING count(DISTINCT o.own_key) > 3
),

payer AS (
    -- Where a receipt goes tells who paid only where the customer has no address.
    SELECT p.connection, p.customer_id, p.person_key
    FROM paid AS p LEFT JOIN own AS o ON o.connection = p.connection AND o.customer_id = p.customer_id
    WHERE coalesce(o.own_key = p.person_key, true) OR NOT (p.is_receipt_key OR p.person_key IN (SELECT person_key FROM shared))
    UNION SELECT connection, customer_id, person_key FROM core.customer WHERE workspace = getvariable('workspace')
),

contact AS (
    SELECT connection, contact_id, merged_contact_ids,
        list_filter(list_prepend(person_key, other_person_keys), lambda one: one IS NOT NULL) AS person_keys
    FROM core.contact
    WHERE workspace = getvariable('workspace')
),

joining AS (
    -- Contacts that make one of several keys.
    SELECT * FROM contact WHERE len(person_keys) > 1 OR len(merged_contact_ids) > 0
),

wanted_key AS (
    SELECT person_key FROM payer WHERE person_key IS NOT NULL
    UNION SELECT unnest(person_keys) FROM joining
),

merged AS (
    SELECT connection, contact_id, unnest(merged_contact_ids) AS merged_id FROM joining
),

lone AS (
    -- Of the others only those that somebody shares a key with: a CRM knows many who never paid.
    SELECT c.connection, c.contact_id, c.person_keys[1] AS person_key
    FROM contact AS c
    WHERE len(c.person_keys) <= 1 AND len(c.merged_contact_ids) = 0
        AND (c.person_keys[1] IN (SELECT person_key FROM wanted_key)
            OR (c.connection, c.contact_id) IN (SELECT (connection, merged_id) FROM merged))
),

objector AS (
    -- Keys of people who objected to being analysed.
    SELECT concat_ws(' ', kind, connection, value) AS key FROM ops.objection
    WHERE workspace = getvariable('workspace') AND lifted_at IS NULL
),

pair AS (
    SELECT DISTINCT a, b, a IN (FROM objector) OR coalesce(b IN (FROM objector), false) AS is_refused
    FROM (
        SELECT 'customer_id ' || connection || ' ' || customer_id AS a, 'person_key ' || person_key AS b FROM payer
        UNION ALL SELECT 'person_key ' || person_key, NULL FROM payer WHERE customer_id IS NULL
        UNION ALL SELECT 'contact_id ' || connection || ' ' || contact_id, 'person_key ' || unnest(person_keys) FROM joining
        UNION ALL SELECT 'contact_id ' || connection || ' ' || contact_id, 'contact_id ' || connection || ' ' || merged_id FROM merged
        UNION ALL SELECT 'contact_id ' || connection || ' ' || contact_id, 'person_key ' || person_key FROM lone
    )
    WHERE a IS NOT NULL
)

-- They are joined with nothing, and each key of a payer counts for itself.
SELECT a, b FROM pair WHERE NOT is_refused
UNION
SELECT key, NULL
FROM (SELECT unnest([a, b]) AS key FROM pair WHERE is_refused)
WHERE key IS NOT NULL AND key NOT LIKE 'contact_id %'
