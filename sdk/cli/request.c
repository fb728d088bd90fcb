#include "cli/request.h"

#include "base/fail.h"

static heddle_status read_args(cli_session *session, const cli_request *request,
                               heddle_request *out, heddle_error *err)
{
    size_t count = request->args.count + request->arg_files.count;
    heddle_view *args = base_arena_zalloc(cli_session_arena(session), count + 1, sizeof(*args));
    if (!args)
        return base_fail_memory(err, "arguments");
    for (size_t i = 0; i < request->args.count; i++)
        args[i] = heddle_view_str(request->args.items[i]);
    for (size_t i = 0; i < request->arg_files.count; i++)
        BASE_TRY(cli_read_file(session, request->arg_files.items[i], &args[request->args.count + i],
                               err));
    out->args = args;
    out->arg_count = count;
    return HEDDLE_OK;
}

static heddle_status read_transient(cli_session *session, const cli_request *request,
                                    heddle_request *out, heddle_error *err)
{
    size_t first = request->transient.count;
    size_t count = first + request->transient_files.count;
    heddle_transient *entries =
        base_arena_zalloc(cli_session_arena(session), count + 1, sizeof(*entries));
    if (!entries)
        return base_fail_memory(err, "transient map");
    for (size_t i = 0; i < first; i++) {
        entries[i].name = request->transient.items[i].name;
        entries[i].value = heddle_view_str(request->transient.items[i].value);
    }
    for (size_t i = first; i < count; i++) {
        const cli_pair *file = &request->transient_files.items[i - first];
        entries[i].name = file->name;
        BASE_TRY(cli_read_file(session, file->value, &entries[i].value, err));
    }
    out->transient = entries;
    out->transient_count = count;
    return HEDDLE_OK;
}

/* Names of the context stand for their MSP ids; others are MSP ids. */
static heddle_status read_orgs(cli_session *session, const cli_request *request,
                               heddle_request *out, heddle_error *err)
{
    const cli_org *orgs;
    size_t known;
    size_t count = request->endorsing_orgs.count;
    const char **mspids = base_arena_zalloc(cli_session_arena(session), count + 1, sizeof(*mspids));
    if (!mspids)
        return base_fail_memory(err, "endorsing organisations");
    if (count)
        BASE_TRY(cli_orgs(session, &orgs, &known, err));
    for (size_t i = 0; i < count; i++) {
        mspids[i] = request->endorsing_orgs.items[i];
        for (size_t k = 0; k < known; k++)
            if (strcmp(orgs[k].name, request->endorsing_orgs.items[i]) == 0)
                mspids[i] = orgs[k].mspid;
    }
    out->endorsing_orgs = mspids;
    out->endorsing_org_count = count;
    return HEDDLE_OK;
}

heddle_status cli_request_read(cli_session *session, const cli_request *request,
                               heddle_request *out, heddle_error *err)
{
    *out = (heddle_request)HEDDLE_REQUEST(request->function);
    out->is_init = request->is_init;
    BASE_TRY(read_args(session, request, out, err));
    BASE_TRY(read_transient(session, request, out, err));
    return read_orgs(session, request, out, err);
}

heddle_status cli_request_contract(cli_session *session, const cli_request *request,
                                   heddle_contract **out, heddle_error *err)
{
    const char *channel;
    heddle_identity *identity;
    heddle_gateway *gateway;
    BASE_TRY(cli_channel(session, &channel, err));
    BASE_TRY(cli_identity(session, NULL, &identity, err));
    BASE_TRY(cli_gateway(session, &gateway, err));
    return heddle_contract_new(gateway, identity, channel, request->chaincode, out, err);
}
