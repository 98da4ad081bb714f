/* sign.h - X-Retell-Signature: v=<ms>,d=<hex HMAC-SHA256(key, body || ms)>. */
#ifndef AGORALIA_SIM_SIGN_H
#define AGORALIA_SIM_SIGN_H

#include "common/base/str.h"

#include <openssl/types.h>
#include <stdint.h>

#define SIM_SIGNATURE_SIZE 96

struct sim_signer {
    EVP_MAC_CTX *mac;
    char key[128]; /* the one mac is primed with */
};

void sim_signer_open(struct sim_signer *signer);
void sim_signer_close(struct sim_signer *signer);

void sim_signer_sign(struct sim_signer *signer, const char *key, struct str body, int64_t at_ms,
                     char out[SIM_SIGNATURE_SIZE]);

#endif
