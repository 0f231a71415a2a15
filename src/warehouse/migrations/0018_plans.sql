-- Plans may name a campaign of a channel; '' where they do not.
ALTER TABLE core.budget ADD COLUMN campaign VARCHAR DEFAULT '';
ALTER TABLE history.budget RENAME TO budget_before;
CREATE TABLE history.budget AS
SELECT *, ''::VARCHAR AS superseded_by, NULL::TIMESTAMP AS superseded_at FROM core.budget LIMIT 0;
INSERT INTO history.budget (workspace, connection, month_date, channel, amount, currency, load_id, campaign, superseded_by, superseded_at)
SELECT workspace, connection, month_date, channel, amount, currency, load_id, '', superseded_by, superseded_at FROM history.budget_before;
DROP TABLE history.budget_before;
