/* libraries.h - which releases of foreign libraries this process runs with: for whoever asks. */
#ifndef AGORALIA_LIBRARIES_H
#define AGORALIA_LIBRARIES_H

#include "common/base/op.h"

/* Those of this folder: "GLib 2.74.6, cJSON 1.7.15, OpenSSL 3.0.17 ...", in op's arena. */
const char *libraries_of_base(struct op *op);

#endif
