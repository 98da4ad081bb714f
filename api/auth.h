/* auth.h - whose request is this? */
#ifndef AGORALIA_AUTH_H
#define AGORALIA_AUTH_H

#include "api/gate.h"

/*
 * Set op->tenant_id from `Authorization: Bearer KEY` or `X-API-Key: KEY`.
 * Fails with MALFORMED_REQUEST when both are sent, with UNAUTHENTICATED when
 * neither is or the key is not good.
 */
bool auth_tenant(struct op *op, const struct gate_pass *pass) MUSTCHECK;

#endif
