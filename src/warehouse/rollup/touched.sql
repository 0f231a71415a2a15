-- Relation: the days to compute, (date)
-- Grain: day
-- Inputs: ops.touched_day; identity(key, person); core and history of payment, customer, earlier_payer and contact;
--   core.refund, core.dispute_movement; the variable workspace
-- Owner: marketing analytics
-- Late data: a payer's first payment or origin may have moved, so that all days of a person are computed anew on
--   which they paid or got something back, if they paid on a touched day, or if a load changed what they are known by
WITH loaded AS (
    SELECT DISTINCT date FROM ops.touched_day WHERE workspace = getvariable('workspace')
),

by_load AS (
    SELECT DISTINCT load_id FROM ops.touched_day WHERE workspace = getvariable('workspace')
),

payment AS (
    SELECT p.connection, p.payment_id, p.date, p.load_id,
        coalesce('customer_id ' || p.connection || ' ' || p.customer_id, 'person_key ' || p.person_key) AS key
    FROM core.payment AS p
    WHERE p.workspace = getvariable('workspace')
),

contact AS (
    -- As they are, and as they were before these loads: an address may have gone as well.
    SELECT connection, contact_id, person_key, other_person_keys, merged_contact_ids FROM core.contact
    WHERE workspace = getvariable('workspace') AND load_id IN (SELECT load_id FROM by_load)
    UNION ALL
    SELECT connection, contact_id, person_key, other_person_keys, merged_contact_ids FROM history.contact
    WHERE workspace = getvariable('workspace') AND superseded_by IN (SELECT load_id FROM by_load)
),

payer AS (
    SELECT connection, customer_id, person_key FROM core.customer
    WHERE workspace = getvariable('workspace') AND load_id IN (SELECT load_id FROM by_load)
    UNION ALL SELECT connection, customer_id, person_key FROM history.customer
    WHERE workspace = getvariable('workspace') AND superseded_by IN (SELECT load_id FROM by_load)
    UNION ALL SELECT connection, customer_id, person_key FROM core.earlier_payer
    WHERE workspace = getvariable('workspace') AND load_id IN (SELECT load_id FROM by_load)
    UNION ALL SELECT connection, customer_id, person_key FROM history.earlier_payer
    WHERE workspace = getvariable('workspace') AND superseded_by IN (SELECT load_id FROM by_load)
    UNION ALL SELECT connection, customer_id, person_key FROM history.payment
    WHERE workspace = getvariable('workspace') AND superseded_by IN (SELECT load_id FROM by_load)
),

changed_key AS (
    SELECT key FROM payment WHERE date IN (SELECT date FROM loaded) OR load_id IN (SELECT load_id FROM by_load)
    UNION SELECT 'customer_id ' || connection || ' ' || customer_id FROM payer
    UNION SELECT 'person_key ' || person_key FROM payer
    UNION SELECT 'contact_id ' || connection || ' ' || contact_id FROM contact
    UNION SELECT 'person_key ' || person_key FROM contact
    UNION SELECT 'person_key ' || unnest(other_person_keys) FROM contact
    UNION SELECT 'contact_id ' || connection || ' ' || unnest(merged_contact_ids) FROM contact
),

changed AS (
    SELECT DISTINCT i.person FROM identity AS i SEMI JOIN changed_key USING (key)
),

theirs AS (
    SELECT p.connection, p.payment_id, p.date
    FROM payment AS p
    JOIN identity AS i USING (key)
    SEMI JOIN changed ON changed.person = i.person
)

SELECT date FROM loaded
UNION SELECT date FROM theirs
UNION SELECT r.date FROM core.refund AS r
    SEMI JOIN theirs AS t ON t.connection = r.connection AND t.payment_id = r.payment_id
    WHERE r.workspace = getvariable('workspace')
UNION SELECT m.date FROM core.dispute_movement AS m
    SEMI JOIN theirs AS t ON t.connection = m.connection AND t.payment_id = m.payment_id
    WHERE m.workspace = getvariable('workspace')
