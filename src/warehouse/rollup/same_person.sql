-- Relation: pairs of keys that stand for one person, (workspace, a, b); b is null where a key stands alone
-- Grain: workspace, pair; a key is `customer_id <connection> <id>`, `contact_id <connection> <id>` or `person_key <pseudonym>`
-- Inputs: core.payment, core.customer, core.earlier_payer, core.contact, ops.objection; paying(workspace), the
--   workspaces that are read
-- Owner: marketing analytics
WITH own AS (
    -- The address that a customer has.
    SELECT workspace, connection, customer_id, person_key AS own_key FROM core.customer SEMI JOIN paying USING (workspace)
    WHERE person_key IS NOT NULL
),

paid AS (
    SELECT workspace, connection, customer_id, person_key, coalesce(is_receipt_key, false) AS is_receipt_key
    FROM core.payment SEMI JOIN paying USING (workspace)
    UNION SELECT workspace, connection, customer_id, person_key, false
    FROM core.earlier_payer SEMI JOIN paying USING (workspace)
),

shared AS (
    -- Of a till or an agency: customers with other addresses of their own pay with it.
    SELECT p.workspace, p.person_key
    FROM paid AS p JOIN own AS o ON o.workspace = p.workspace AND o.connection = p.connection
        AND o.customer_id = p.customer_id AND o.own_key <> p.person_key
    GROUP BY p.workspace, p.person_key
    HAVING count(DISTINCT o.own_key) > 3
),

payer AS (
    -- Where a receipt goes tells who paid only where the customer has no address.
    SELECT p.workspace, p.connection, p.customer_id, p.person_key
    FROM paid AS p
    LEFT JOIN own AS o ON o.workspace = p.workspace AND o.connection = p.connection AND o.customer_id = p.customer_id
    LEFT JOIN shared AS s ON s.workspace = p.workspace AND s.person_key = p.person_key
    WHERE coalesce(o.own_key = p.person_key, true) OR NOT (p.is_receipt_key OR s.person_key IS NOT NULL)
    UNION SELECT workspace, connection, customer_id, person_key FROM core.customer SEMI JOIN paying USING (workspace)
),

contact AS (
    SELECT workspace, connection, contact_id, merged_contact_ids,
        list_filter(list_prepend(person_key, other_person_keys), lambda one: one IS NOT NULL) AS person_keys
    FROM core.contact SEMI JOIN paying USING (workspace)
),

joining AS (
    -- Contacts that make one of several keys.
    SELECT * FROM contact WHERE len(person_keys) > 1 OR len(merged_contact_ids) > 0
),

wanted_key AS (
    SELECT workspace, person_key FROM payer WHERE person_key IS NOT NULL
    UNION SELECT workspace, unnest(person_keys) FROM joining
),

merged AS (
    SELECT workspace, connection, contact_id, unnest(merged_contact_ids) AS merged_id FROM joining
),

lone AS (
    -- Of the others only those that somebody shares a key with: a CRM knows many who never paid.
    SELECT c.workspace, c.connection, c.contact_id, c.person_keys[1] AS person_key
    FROM contact AS c
    LEFT JOIN wanted_key AS w ON w.workspace = c.workspace AND w.person_key = c.person_keys[1]
    WHERE len(c.person_keys) <= 1 AND len(c.merged_contact_ids) = 0
        AND (w.person_key IS NOT NULL
            OR (c.workspace, c.connection, c.contact_id) IN (SELECT (workspace, connection, merged_id) FROM merged))
),

objector AS (
    -- Keys of people who objected to being analysed.
    SELECT workspace, concat_ws(' ', kind, connection, value) AS key FROM ops.objection SEMI JOIN paying USING (workspace)
    WHERE lifted_at IS NULL
),

pair AS (
    SELECT DISTINCT workspace, a, b,
        (workspace, a) IN (SELECT (workspace, key) FROM objector)
            OR (b IS NOT NULL AND (workspace, b) IN (SELECT (workspace, key) FROM objector)) AS is_refused
    FROM (
        SELECT workspace, 'customer_id ' || connection || ' ' || customer_id AS a, 'person_key ' || person_key AS b FROM payer
        UNION ALL SELECT workspace, 'person_key ' || person_key, NULL FROM payer WHERE customer_id IS NULL
        UNION ALL SELECT workspace, 'contact_id ' || connection || ' ' || contact_id, 'person_key ' || unnest(person_keys) FROM joining
        UNION ALL SELECT workspace, 'contact_id ' || connection || ' ' || contact_id, 'contact_id ' || connection || ' ' || merged_id FROM merged
        UNION ALL SELECT workspace, 'contact_id ' || connection || ' ' || contact_id, 'person_key ' || person_key FROM lone
    )
    WHERE a IS NOT NULL
)

-- They are joined with nothing, and each key of a payer counts for itself.
SELECT workspace, a, b FROM pair WHERE NOT is_refused
UNION
SELECT workspace, key, NULL
FROM (SELECT workspace, unnest([a, b]) AS key FROM pair WHERE is_refused)
WHERE key IS NOT NULL AND key NOT LIKE 'contact_id %'
