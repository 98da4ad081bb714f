/* campaign_repo.h - campaigns as rows.  Private to common/campaign. */
#ifndef AGORALIA_CAMPAIGN_REPO_H
#define AGORALIA_CAMPAIGN_REPO_H

#include "common/campaign/campaign.h"
#include "common/campaign/execution.h"

bool campaign_repo_insert(struct op *op, struct campaign *c) MUSTCHECK;
bool campaign_repo_get(struct op *op, int64_t id, struct campaign *out) MUSTCHECK;

/* As get, holding the row until the transaction ends: claims wait, or we wait for them. */
bool campaign_repo_lock(struct op *op, int64_t id, struct campaign *out) MUSTCHECK;
bool campaign_repo_update(struct op *op, struct campaign *c) MUSTCHECK;

/* U7: INVALID_STATE when one is open. */
bool execution_repo_open(struct op *op, int64_t campaign_id,
                         struct campaign_execution *out) MUSTCHECK;

#endif
