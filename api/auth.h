/* auth.h - whose request is this, and may they? */
#ifndef AGORALIA_AUTH_H
#define AGORALIA_AUTH_H

#include "api/gate.h"
#include "api/http.h"

/*
 * Set op->tenant_id from an API key (`Authorization: Bearer KEY` or `X-API-Key: KEY`), which may
 * everything that its scopes reach, or tenant, user and session from an access token
 * (`Authorization: Bearer TOKEN`).  Fails with MALFORMED_REQUEST when two credentials are sent,
 * with UNAUTHENTICATED when none is or it is not good, with PERMISSION_DENIED when the user's role
 * is below the one that req's route needs, or the key has not its scope or is sent from elsewhere.
 */
bool auth_caller(struct op *op, const struct gate_pass *pass, const struct req *req) MUSTCHECK;

#endif
