-- Table: ops.load
-- Grain: load
-- Inputs: a JSON array of loads, as the only value; days and instants are texts
INSERT INTO ops.load
SELECT
    r.load_id, r.workspace, r.connection, r.stream, r.slice, r.partition, CAST(r.window_start AS DATE),
    CAST(r.window_end AS DATE), CAST(r.fetched_at AS TIMESTAMP), CAST(r.loaded_at AS TIMESTAMP), r.manifest, r.pages,
    r.bytes, r.rows_read, r.rows_written, r.rows_unchanged, r.rows_superseded, r.rows_quarantined, r.notes, r.caveats
FROM (
    SELECT unnest(from_json(CAST(? AS JSON), '[{
        "load_id": "VARCHAR", "workspace": "VARCHAR", "connection": "VARCHAR", "stream": "VARCHAR", "slice": "VARCHAR",
        "partition": "VARCHAR", "window_start": "VARCHAR", "window_end": "VARCHAR", "fetched_at": "VARCHAR",
        "loaded_at": "VARCHAR", "manifest": "VARCHAR", "pages": "BIGINT", "bytes": "BIGINT", "rows_read": "BIGINT",
        "rows_written": "BIGINT", "rows_unchanged": "BIGINT", "rows_superseded": "BIGINT",
        "rows_quarantined": "BIGINT", "notes": ["VARCHAR"], "caveats": ["VARCHAR"]
    }]')) AS r
)
