-- A new installation sends nothing outside until somebody releases it. One that has sent reports already
-- was released long ago.
CREATE TABLE ops.delivery_release (released_at TIMESTAMP NOT NULL);
INSERT INTO ops.delivery_release
SELECT min(ended_at) FROM ops.outbox WHERE kind = 'report' AND lane <> 'file' AND state = 'sent' AND ended_at IS NOT NULL
HAVING count(*) > 0;
