/*
 * upload.h - a file sent to a STREAM route, whole or as a form, in bounded memory.
 *
 * text/csv: the body is the file.  multipart/form-data: text fields, then one
 * part named "file"; fields after it are refused, for they would come too late
 * to matter.  Query parameters and text fields go into `form` through its
 * field table.
 */
#ifndef AGORALIA_UPLOAD_H
#define AGORALIA_UPLOAD_H

#include "api/http.h"

struct upload {
    const struct type *type;
    void *form; /* complete before the first data() */
    /* The file in order, in pieces of any size; false after fail(). */
    bool (*data)(struct op *op, void *ctx, struct str bytes);
    void *ctx;
};

/*
 * Fails with UNSUPPORTED_MEDIA_TYPE, VALIDATION_ERROR (a field, or no file),
 * MALFORMED_REQUEST (the form's syntax, or it ended early), REQUEST_TIMEOUT, or
 * as data() did.  What was taken before is read without data(), and then false without a failure.
 */
bool req_upload(struct op *op, const struct req *req, const struct upload *u) MUSTCHECK;

#endif
