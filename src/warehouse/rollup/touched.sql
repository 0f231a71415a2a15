-- Relation: the days to compute, (workspace, date)
-- Grain: workspace, day
-- Inputs: ops.touched_day; due(workspace), the workspaces that are read; identity(workspace, key, person); core and
--   history of payment, customer, earlier_payer and contact; core.refund, core.dispute_movement
-- Owner: marketing analytics
-- Late data: a payer's first payment or origin may have moved, so that all days of a person are computed anew on
--   which they paid or got something back, if they paid on a touched day, or if a load changed what they are known by
WITH loaded AS (
    SELECT DISTINCT workspace, date FROM ops.touched_day SEMI JOIN due USING (workspace)
),

by_load AS (
    SELECT DISTINCT workspace, load_id FROM ops.touched_day SEMI JOIN due USING (workspace)
),

superseding AS (
    SELECT workspace, load_id AS superseded_by FROM by_load
),

payment AS (
    SELECT p.workspace, p.connection, p.payment_id, p.date, p.load_id,
        coalesce('customer_id ' || p.connection || ' ' || p.customer_id, 'person_key ' || p.person_key) AS key
    FROM core.payment AS p SEMI JOIN due USING (workspace)
),

contact AS (
    -- As they are, and as they were before these loads: an address may have gone as well.
    SELECT workspace, connection, contact_id, person_key, other_person_keys, merged_contact_ids FROM core.contact
    SEMI JOIN by_load USING (workspace, load_id)
    UNION ALL
    SELECT workspace, connection, contact_id, person_key, other_person_keys, merged_contact_ids FROM history.contact
    SEMI JOIN superseding USING (workspace, superseded_by)
),

payer AS (
    SELECT workspace, connection, customer_id, person_key FROM core.customer SEMI JOIN by_load USING (workspace, load_id)
    UNION ALL SELECT workspace, connection, customer_id, person_key FROM history.customer SEMI JOIN superseding USING (workspace, superseded_by)
    UNION ALL SELECT workspace, connection, customer_id, person_key FROM core.earlier_payer SEMI JOIN by_load USING (workspace, load_id)
    UNION ALL SELECT workspace, connection, customer_id, person_key FROM history.earlier_payer SEMI JOIN superseding USING (workspace, superseded_by)
    UNION ALL SELECT workspace, connection, customer_id, person_key FROM history.payment SEMI JOIN superseding USING (workspace, superseded_by)
),

changed_key AS (
    SELECT workspace, key FROM payment SEMI JOIN loaded USING (workspace, date)
    UNION SELECT workspace, key FROM payment SEMI JOIN by_load USING (workspace, load_id)
    UNION SELECT workspace, 'customer_id ' || connection || ' ' || customer_id FROM payer
    UNION SELECT workspace, 'person_key ' || person_key FROM payer
    UNION SELECT workspace, 'contact_id ' || connection || ' ' || contact_id FROM contact
    UNION SELECT workspace, 'person_key ' || person_key FROM contact
    UNION SELECT workspace, 'person_key ' || unnest(other_person_keys) FROM contact
    UNION SELECT workspace, 'contact_id ' || connection || ' ' || unnest(merged_contact_ids) FROM contact
),

changed AS (
    SELECT DISTINCT i.workspace, i.person FROM identity AS i SEMI JOIN changed_key USING (workspace, key)
),

theirs AS (
    SELECT p.workspace, p.connection, p.payment_id, p.date
    FROM payment AS p
    JOIN identity AS i USING (workspace, key)
    SEMI JOIN changed ON changed.workspace = i.workspace AND changed.person = i.person
)

SELECT workspace, date FROM loaded
UNION SELECT workspace, date FROM theirs
UNION SELECT workspace, date FROM core.refund SEMI JOIN theirs USING (workspace, connection, payment_id)
UNION SELECT workspace, date FROM core.dispute_movement SEMI JOIN theirs USING (workspace, connection, payment_id)
