-- A day whose answer is missing or not believed, and what a source says of its own answers.
--
-- `standing` is NULL for a day that was read, else:
--   failed       was asked for and not answered; asked for again by each sync
--   refused      the vendor refuses it for good; asked for again all the same
--   doubted      the answer was emptier than what is held: the held rows stay; asked for again
--   unconfirmed  doubted until its look-back ended: the held rows count and are called not confirmed
--   accepting    a person accepts whatever the vendor says next
--   accepted     a person accepts that no answer will come: what is held counts
ALTER TABLE ops.coverage ADD COLUMN standing VARCHAR;
ALTER TABLE ops.coverage ADD COLUMN reason VARCHAR;

-- What readers should know of the figures that rest on a load: sampled, folded, withheld, other zone.
ALTER TABLE ops.load ADD COLUMN caveats VARCHAR[];

-- An ad account as a whole by day of its zone: what its campaigns must add up to.
CREATE TABLE core.ad_account_daily (
    workspace VARCHAR NOT NULL, connection VARCHAR NOT NULL,
    account_id VARCHAR NOT NULL, date DATE NOT NULL, currency VARCHAR NOT NULL,
    impressions BIGINT NOT NULL, clicks BIGINT NOT NULL, cost DECIMAL(18, 6) NOT NULL,
    conversions DECIMAL(18, 6) NOT NULL,
    load_id VARCHAR NOT NULL
);

CREATE TABLE history.ad_account_daily AS
SELECT *, ''::VARCHAR AS superseded_by, NULL::TIMESTAMP AS superseded_at FROM core.ad_account_daily LIMIT 0;
