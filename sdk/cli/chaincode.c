/* heddle chaincode: its commands, by rows. */
#include "cli/chaincode.h"
#include "cli/groups.h"

/* new */

static const cli_option new_arguments[] = {
    {.name = "NAME",
     CLI_AT(cli_chaincode_new, name),
     .flags = CLI_REQUIRED,
     .help = "name of the chaincode: letters and digits, with a - or _ between"},
};
static const cli_option new_options[] = {
    {.name = "folder",
     CLI_AT(cli_chaincode_new, folder),
     .completion = CLI_COMPLETE_FOLDER,
     .shown = "DIR",
     .help = "where the files go; by default NAME"},
    {.name = "address",
     CLI_AT(cli_chaincode_new, address),
     .value = "127.0.0.1:9999",
     .shown = "HOST:PORT",
     .help = "where the peers will find it"},
};

/* package */

static const cli_option package_arguments[] = {
    {.name = "LABEL",
     CLI_AT(cli_package_made, recipe.label),
     .flags = CLI_REQUIRED,
     .help = "begins the package's id: a letter or digit, then letters, digits and _ . + -"},
};
static const cli_option package_options[] = {
    CLI_RECIPE_ROWS(cli_package_made, recipe),
    {.name = "file",
     .letter = 'f',
     CLI_AT(cli_package_made, file),
     .completion = CLI_COMPLETE_FILE,
     .shown = "FILE",
     .help = "where the package goes; by default LABEL.tar.gz"},
};

/* id */

static const cli_option id_arguments[] = {
    {.name = "PACKAGE",
     .type = CLI_TEXTS,
     CLI_AT(cli_package_files, files),
     .completion = CLI_COMPLETE_FILE,
     .flags = CLI_REQUIRED,
     .help = "package files"},
};

/* install, installed, fetch */

static const cli_option install_arguments[] = {
    {.name = "PACKAGE",
     CLI_AT(cli_package_place, file),
     .completion = CLI_COMPLETE_FILE,
     .flags = CLI_REQUIRED,
     .help = "package file"},
};
static const cli_option peers_options[] = {
    {.name = "peer",
     .type = CLI_TEXTS,
     CLI_AT(cli_package_place, peers),
     .completion = CLI_COMPLETE_PEER,
     .flags = CLI_COMMAS,
     .shown = "PEER",
     .help = "at which peers; by default all of the organisation that acts"},
};

static const cli_option fetch_arguments[] = {
    {.name = "PACKAGE-ID",
     CLI_AT(cli_package_place, id),
     .flags = CLI_REQUIRED,
     .help = "id of a package that is installed"},
    {.name = "FILE",
     CLI_AT(cli_package_place, to),
     .completion = CLI_COMPLETE_FILE,
     .flags = CLI_REQUIRED,
     .help = "where it goes"},
};

/* approve, check, commit */

static const cli_option define_arguments[] = {CLI_TERMS_PLACES(cli_definition_step, terms)};
static const cli_option check_options[] = {CLI_TERMS_ROWS(cli_definition_step, terms)};
static const cli_option approve_options[] = {
    CLI_TERMS_ROWS(cli_definition_step, terms),
    {.name = "package-id",
     CLI_AT(cli_definition_step, package_id),
     .shown = "ID",
     .help = "the package that the organisation's peers run; without one they run none"},
    {.name = "package",
     CLI_AT(cli_definition_step, package),
     .completion = CLI_COMPLETE_FILE,
     .shown = "FILE",
     .help = "the same, by the package file"},
};
static const cli_option commit_options[] = {
    CLI_TERMS_ROWS(cli_definition_step, terms),
    {.name = "endorsing-orgs",
     .type = CLI_TEXTS,
     CLI_AT(cli_definition_step, endorsing_orgs),
     .completion = CLI_COMPLETE_ORG,
     .flags = CLI_COMMAS,
     .shown = "ORG",
     .help = "organisations whose peers are to endorse; by default all that have approved"},
};

/* query */

static const cli_option approved_arguments[] = {
    {.name = "NAME",
     CLI_AT(cli_definition_query, name),
     .flags = CLI_REQUIRED,
     .help = "name of the chaincode on the channel"},
};
static const cli_option approved_options[] = {
    {.name = "sequence",
     .type = CLI_NUMBER,
     CLI_AT(cli_definition_query, sequence),
     .min = 1,
     .max = INT64_MAX,
     .help = "of which definition; by default the latest"},
};
static const cli_option committed_arguments[] = {
    {.name = "NAME",
     CLI_AT(cli_definition_query, name),
     .help = "name of the chaincode; without one all of the channel"},
};

/* deploy, status */

static const cli_option deploy_arguments[] = {CLI_TERMS_PLACES(cli_deploy, terms)};
static const cli_option deploy_options[] = {
    CLI_TERMS_ROWS(cli_deploy, terms),
    {.name = "package",
     CLI_AT(cli_deploy, package),
     .completion = CLI_COMPLETE_FILE,
     .shown = "FILE",
     .help = "a package; or let one be made of what follows"},
    {.name = "label",
     CLI_AT(cli_deploy, recipe.label),
     .help = "of a package that is made; by default NAME_VERSION"},
    CLI_RECIPE_ROWS(cli_deploy, recipe),
    {.name = "orgs",
     .type = CLI_TEXTS,
     CLI_AT(cli_deploy, orgs),
     .completion = CLI_COMPLETE_ORG,
     .flags = CLI_COMMAS,
     .shown = "ORG",
     .help = "organisations to install and to approve for; by default all of the context"},
    {.name = "no-check",
     .type = CLI_FLAG,
     CLI_AT(cli_deploy, no_check),
     .help = "do not wait until the chaincode answers"},
};
static const cli_option status_arguments[] = {
    {.name = "NAME",
     CLI_AT(cli_definition_query, name),
     .help = "name of the chaincode; without one all of the channel"},
};

static const cli_command commands[] = {
    {.verb = "new",
     .summary = "begin a contract in C: a folder that builds, tests, packages and runs",
     .details = "In the folder, make check builds the contract and runs its tests, make package\n"
                "makes the package that peers install, make devnet runs it on a network on this\n"
                "machine. Its README.md tells the rest.",
     .example = "heddle chaincode new notes && cd notes && make check",
     CLI_ARGUMENTS(new_arguments),
     CLI_OPTIONS(new_options),
     .size = sizeof(cli_chaincode_new),
     .run = cli_run_new},
    {.verb = "deploy",
     .summary = "all that it takes: package, install, approve, commit",
     .details =
         "For each of several organisations the package is installed at its peers and the\n"
         "definition approved; then it is committed. What is done already is skipped, so\n"
         "that the command can be given again, after whatever failure. With other terms, or\n"
         "another package, it is an upgrade: the definition gets the next sequence.",
     .example = "heddle chaincode deploy basic --address basic.example.com:9999\n"
                "heddle chaincode deploy basic --package basic_2.0.tar.gz --version 2.0 \\\n"
                "    --policy \"AND('Org1MSP.peer','Org2MSP.peer')\" --collections private.json",
     CLI_ARGUMENTS(deploy_arguments),
     CLI_OPTIONS(deploy_options),
     .size = sizeof(cli_deploy),
     .run = cli_run_deploy},
    {.verb = "status",
     .summary = "what is committed, approved and installed, side by side",
     .example = "heddle chaincode status\nheddle chaincode status basic",
     CLI_ARGUMENTS(status_arguments),
     .size = sizeof(cli_definition_query),
     .run = cli_run_chaincode_status},
    {.verb = "package",
     .summary = "make the package of a chaincode that runs as a service",
     .details = "The bytes depend on what is given alone: whoever makes the package from the same\n"
                "has the same package id.",
     .example = "heddle chaincode package basic_1.0 --address basic.example.com:9999",
     CLI_ARGUMENTS(package_arguments),
     CLI_OPTIONS(package_options),
     .size = sizeof(cli_package_made),
     .run = cli_run_package},
    {.verb = "id",
     .summary = "tell the id of package files, and check them",
     CLI_ARGUMENTS(id_arguments),
     .size = sizeof(cli_package_files),
     .run = cli_run_id},
    {.verb = "install",
     .summary = "install a package at peers",
     .details = "A peer that has it already is content.",
     CLI_ARGUMENTS(install_arguments),
     CLI_OPTIONS(peers_options),
     .size = sizeof(cli_package_place),
     .run = cli_run_install},
    {.verb = "installed",
     .summary = "list what is installed at peers, and where it is used",
     CLI_OPTIONS(peers_options),
     .size = sizeof(cli_package_place),
     .run = cli_run_installed},
    {.verb = "fetch",
     .summary = "get a package that is installed",
     CLI_ARGUMENTS(fetch_arguments),
     CLI_OPTIONS(peers_options),
     .size = sizeof(cli_package_place),
     .run = cli_run_fetch},
    {.verb = "approve",
     .summary = "approve a definition for the organisation that acts",
     .example = "heddle chaincode approve basic --version 1.0 --package basic_1.0.tar.gz",
     CLI_ARGUMENTS(define_arguments),
     CLI_OPTIONS(approve_options),
     .size = sizeof(cli_definition_step),
     .run = cli_run_approve},
    {.verb = "check",
     .summary = "tell which organisations have approved a definition",
     CLI_ARGUMENTS(define_arguments),
     CLI_OPTIONS(check_options),
     .size = sizeof(cli_definition_step),
     .run = cli_run_check},
    {.verb = "commit",
     .summary = "commit a definition that enough organisations have approved",
     CLI_ARGUMENTS(define_arguments),
     CLI_OPTIONS(commit_options),
     .size = sizeof(cli_definition_step),
     .run = cli_run_commit},
    {.verb = "query approved",
     .summary = "what the organisation that acts has approved",
     CLI_ARGUMENTS(approved_arguments),
     CLI_OPTIONS(approved_options),
     .size = sizeof(cli_definition_query),
     .run = cli_run_approved},
    {.verb = "query committed",
     .summary = "what is committed on the channel",
     CLI_ARGUMENTS(committed_arguments),
     .size = sizeof(cli_definition_query),
     .run = cli_run_committed},
};

const cli_group cli_group_chaincode = {
    .name = "chaincode",
    .summary = "chaincodes: package, install, approve, commit, deploy",
    .details = "A package is installed on peers; each organisation approves a definition for its "
               "peers; one\nof them commits it. heddle chaincode deploy does all of it, for the "
               "organisations of the\ncontext.",
    CLI_COMMANDS(commands),
};
