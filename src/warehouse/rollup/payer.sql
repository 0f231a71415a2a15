-- Relation: captured payments with the origin of their payer, numbered for each person
-- Grain: workspace, connection, payment_id
-- Inputs: core.payment, core.contact, core.earlier_payer; touched(workspace, date), whose workspaces are read;
--   identity(workspace, key, person), who is one person by every key that agrees: a key is
--   `customer_id <connection> <id>`, `contact_id <connection> <id>` or `person_key <pseudonym>`
WITH own AS (
    SELECT DISTINCT workspace FROM touched
),

person AS (
    -- Where the CRM first met a person, under whichever of their addresses.
    SELECT i.workspace, i.person, arg_min(c.source, (c.created_at, c.contact_id)) AS source,
        arg_min(c.medium, (c.created_at, c.contact_id)) AS medium,
        arg_min(c.campaign, (c.created_at, c.contact_id)) AS campaign
    FROM core.contact AS c
    JOIN identity AS i ON i.workspace = c.workspace AND i.key = 'contact_id ' || c.connection || ' ' || c.contact_id
    GROUP BY i.workspace, i.person
),

regular AS (
    -- People who had paid before the first day that is loaded.
    SELECT DISTINCT i.workspace, i.person
    FROM core.earlier_payer AS e
    SEMI JOIN own ON own.workspace = e.workspace
    ANTI JOIN core.payment AS p ON p.workspace = e.workspace AND p.connection = e.connection AND p.payment_id = e.payment_id
    JOIN identity AS i ON i.workspace = e.workspace
        AND i.key = coalesce('customer_id ' || e.connection || ' ' || e.customer_id, 'person_key ' || e.person_key)
)

-- The checkout's own tags come before the CRM's.
SELECT p.workspace, p.connection, p.payment_id, p.date, p.amount, p.currency,
    CASE WHEN p.source IS NOT NULL THEN p.source ELSE coalesce(c.source, '(unknown)') END AS source,
    CASE WHEN p.source IS NOT NULL THEN coalesce(p.medium, '') ELSE coalesce(c.medium, '(unknown)') END AS medium,
    CASE WHEN p.source IS NOT NULL THEN coalesce(p.campaign, '') ELSE coalesce(c.campaign, '') END AS campaign,
    CASE WHEN r.person IS NULL THEN 0 ELSE 1 END
        + row_number() OVER (
            PARTITION BY p.workspace, i.person, CASE WHEN i.person IS NULL THEN p.connection || ' ' || p.payment_id END
            ORDER BY p.created_at, p.payment_id) AS payment_number
FROM core.payment AS p
SEMI JOIN own ON own.workspace = p.workspace
LEFT JOIN identity AS i ON i.workspace = p.workspace
    AND i.key = coalesce('customer_id ' || p.connection || ' ' || p.customer_id, 'person_key ' || p.person_key)
LEFT JOIN person AS c ON c.workspace = i.workspace AND c.person = i.person
LEFT JOIN regular AS r ON r.workspace = i.workspace AND r.person = i.person
WHERE p.is_captured AND p.status = 'succeeded'
