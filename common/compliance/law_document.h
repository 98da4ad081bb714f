/*
 * law_document.h - a law from the document that a decision names.
 *
 * The database keeps every version of a rule as one JSON object under its SHA-256 (law_documents):
 * the columns that law_parse() reads.  Read again it gives the same law, on any machine.
 */
#ifndef AGORALIA_COMPLIANCE_LAW_DOCUMENT_H
#define AGORALIA_COMPLIANCE_LAW_DOCUMENT_H

#include "common/compliance/law.h"

/* In op's arena.  NULL after fail(): it is no law's document, or not the one with that hash. */
const struct law *law_of_document(struct op *op, const char *hash, const char *document);

/* A few dozen of them, read as they come; zero-initialise. */
struct law_shelf {
    struct law_shelf_item *first;
};
bool law_shelf_add(struct op *op, struct law_shelf *shelf, const char *hash,
                   const char *document) MUSTCHECK;

/* A law_finder; ctx is the shelf. */
const struct law *law_shelf_find(void *shelf, const char *hash);

#endif
