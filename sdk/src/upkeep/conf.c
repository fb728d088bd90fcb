#include "upkeep/conf.h"

#include <string.h>

#include "base/fail.h"

bool upkeep_conf_renews(const upkeep_conf *conf, const char *name)
{
    const char *const *names = conf->certificates.items;
    for (size_t i = 0; conf->ca_url[0] && i < conf->certificates.count; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static heddle_status check_names(const upkeep_conf *conf, heddle_error *err)
{
    const char *const *names = conf->certificates.items;
    for (size_t i = 0; i < conf->certificates.count; i++)
        if (strcmp(names[i], "identity") != 0 && strcmp(names[i], "tls") != 0)
            return base_fail(err, HEDDLE_E_CONFIG,
                             "renewal.certificates: \"%s\" is neither identity nor tls", names[i]);
    return HEDDLE_OK;
}

heddle_status upkeep_conf_check(const upkeep_conf *conf, bool has_tls, heddle_error *err)
{
    BASE_TRY(check_names(conf, err));
    BASE_TRY(
        conf_pair_check("renewal.id", conf->id, "renewal.secret_file", conf->secret_file, err));
    if (!conf->ca_url[0] && (conf->ca_tls_roots[0] || conf->id[0]))
        return base_fail(err, HEDDLE_E_CONFIG, "renewal.ca_url: required to renew or enrol");
    if (upkeep_conf_renews(conf, "tls") && !has_tls)
        return base_fail(err, HEDDLE_E_CONFIG,
                         "renewal.certificates: there is no tls.certificate to renew");
    if (conf->retry_max_ms < conf->retry_ms)
        return base_fail(err, HEDDLE_E_CONFIG, "renewal.retry_max is less than renewal.retry");
    return HEDDLE_OK;
}
