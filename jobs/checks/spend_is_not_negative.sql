-- Claim: a day's media cost of a campaign is not below zero (credits are rare and worth a look)
SELECT workspace, date, channel, campaign, cost FROM mart.metric_daily WHERE cost < 0
