-- Relation: ops.rate_source, and rate_source_moved(workspace)
-- Grain: workspace
-- Inputs: asked(workspace); core.fx_rate; the workspace whose rates are shared, if any
-- Late data: a sum over the shared rates tells whether any is new, other or gone
CREATE OR REPLACE TEMP TABLE rate_source_now AS
SELECT a.workspace, s.source, (
    SELECT concat_ws(' ', count(*), bit_xor(hash(f.date, f.currency, f.rate, f.connection)))
    FROM core.fx_rate AS f WHERE f.workspace = s.source
) AS rates
FROM asked AS a, (SELECT /* shared */ NULL AS source) AS s
WHERE s.source IS NOT NULL AND a.workspace <> s.source AND a.workspace NOT IN (SELECT workspace FROM core.fx_rate);

CREATE OR REPLACE TEMP TABLE rate_source_moved AS
SELECT DISTINCT workspace FROM (
    (SELECT * FROM rate_source_now EXCEPT SELECT workspace, source, rates FROM ops.rate_source)
    UNION ALL
    (SELECT r.workspace, r.source, r.rates FROM ops.rate_source AS r SEMI JOIN asked USING (workspace)
     EXCEPT SELECT * FROM rate_source_now)
);

DELETE FROM ops.rate_source WHERE workspace IN (SELECT workspace FROM rate_source_moved);

INSERT INTO ops.rate_source SELECT * FROM rate_source_now SEMI JOIN rate_source_moved USING (workspace);

DROP TABLE rate_source_now;
