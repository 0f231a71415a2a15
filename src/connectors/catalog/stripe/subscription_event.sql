-- Table: core.subscription_event
-- Grain: event of a subscription, by its instant
-- Inputs: page, lists of events
-- Late data: Stripe keeps them for 30 days; here they stay
-- Rules: the body is a snapshot in the event's own API version, so of its values only one thing is asked: whether
--   what a month is worth may have changed. Where the event does not say what was before, it may have. Since when one
--   is paused or unpaid is told by the event alone.
WITH list AS (
    SELECT
        page_no,
        from_json(listed(body, 'data'), '[{"id": "VARCHAR", "type": "VARCHAR", "created": "VARCHAR",
            "data": {"object": {"id": "VARCHAR", "items": {"data": [{"id": "VARCHAR", "quantity": "VARCHAR", "discounts": "JSON",
                "price": {"id": "VARCHAR"}, "plan": {"id": "VARCHAR"}}]}},
            "previous_attributes": "JSON"}}]') AS data
    FROM page
),

record AS (
    SELECT page_no, unnest(data) AS r, unnest(range(len(data))) AS record_no FROM list
),

compared AS (
    -- A renewal moves the period of each item, and so names all items as changed though nothing else did.
    SELECT *, r.data.previous_attributes AS before,
        list_transform(r.data.object.items.data, lambda i: [i.id, i.quantity, CAST(i.discounts AS VARCHAR), coalesce(i.price.id, i.plan.id)]) AS items,
        list_transform(from_json(r.data.previous_attributes -> '$.items.data', '[{"id": "VARCHAR", "quantity": "VARCHAR", "discounts": "JSON",
            "price": {"id": "VARCHAR"}, "plan": {"id": "VARCHAR"}}]'),
            lambda i: [i.id, i.quantity, CAST(i.discounts AS VARCHAR), coalesce(i.price.id, i.plan.id)]) AS items_before
    FROM record
)

SELECT
    r.id AS event_id,
    r.data.object.id AS subscription_id,
    coalesce(r.type, '') AS kind,
    from_unix(r.created) AS created_at,
    local_date(from_unix(r.created), getvariable('time_zone')) AS date,
    coalesce(json_type(before), '') <> 'OBJECT'
        OR (items_before IS NOT NULL AND items IS DISTINCT FROM items_before)
        OR len(list_intersect(json_keys(before), ['quantity', 'plan', 'status', 'pause_collection', 'trial_start', 'trial_end',
            'discount', 'discounts', 'ended_at', 'currency', 'start_date'])) > 0 AS changes_value,
    coalesce(len(list_intersect(json_keys(before), ['status', 'pause_collection'])) > 0, false) AS changes_standing,
    page_no,
    CAST(record_no AS INTEGER) AS record_no,
    problems([
        required('id', r.id),
        required('data.object.id', r.data.object.id),
        required('created', r.created),
        bad_unix('created', r.created)
    ]) AS problem
FROM compared
