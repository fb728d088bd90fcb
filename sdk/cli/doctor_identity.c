/* Who acts: whether the identities of the context can be used at all. */
#include "cli/doctor.h"
#include "client/identity.h"

#define RENEW "heddle ca reenroll, or heddle ca enroll once it is expired"

static void check_one(doctor *d, const char *check, const char *subject, heddle_identity *identity)
{
    const crypto_cert *cert = client_identity_cert(identity);
    doctor_expiry(d, check, subject, RENEW, crypto_cert_not_after_s(cert));
}

static void check_org(doctor *d, const cli_org *org)
{
    heddle_error err;
    heddle_identity *identity = NULL, *admin = NULL;
    if (cli_identity(d->session, org->name, &identity, &err)) {
        doctor_fail(d, "identity", org->name, NULL, &err);
        return;
    }
    check_one(d, "identity", org->name, identity);
    if (cli_admin(d->session, org->name, &admin, &err))
        doctor_fail(d, "administrator", org->name, NULL, &err);
    else if (admin != identity)
        check_one(d, "administrator", org->name, admin);
}

void doctor_identities(doctor *d)
{
    for (size_t i = 0; i < d->org_count; i++)
        check_org(d, &d->orgs[i]);
}
