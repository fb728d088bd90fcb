/* heddle completion: the scripts that shells load. */
#include "cli/groups.h"
#include "cli/session.h"

static const char bash[] =
    "# Completion of heddle for bash: . <(heddle completion bash)\n"
    "_heddle() {\n"
    "    local cur=${COMP_WORDS[COMP_CWORD]} word meaning\n"
    "    [[ $cur == \"=\" ]] && cur=\n"
    "    COMPREPLY=()\n"
    "    while IFS=$'\\t' read -r word meaning; do\n"
    "        case $word in\n"
    "        :file)\n"
    "            compopt -o filenames 2>/dev/null\n"
    "            while read -r word; do COMPREPLY+=(\"$word\"); done < <(compgen -f -- \"$cur\")\n"
    "            ;;\n"
    "        :folder)\n"
    "            compopt -o filenames 2>/dev/null\n"
    "            while read -r word; do COMPREPLY+=(\"$word\"); done < <(compgen -d -- \"$cur\")\n"
    "            ;;\n"
    "        *) COMPREPLY+=(\"$word\") ;;\n"
    "        esac\n"
    "    done < <(\"${COMP_WORDS[0]}\" __complete \"$cur\" \"${COMP_WORDS[@]:1:COMP_CWORD-1}\" "
    "2>/dev/null)\n"
    "}\n"
    "complete -F _heddle heddle\n";

static const char zsh[] =
    "#compdef heddle\n"
    "# Completion of heddle for zsh: source <(heddle completion zsh)\n"
    "_heddle() {\n"
    "    local word meaning\n"
    "    local -a candidates\n"
    "    while IFS=$'\\t' read -r word meaning; do\n"
    "        case $word in\n"
    "        :file) _files ;;\n"
    "        :folder) _files -/ ;;\n"
    "        *) candidates+=(\"${word//:/\\\\:}:$meaning\") ;;\n"
    "        esac\n"
    "    done < <(\"${words[1]}\" __complete \"${words[CURRENT]}\" \"${(@)words[2,CURRENT-1]}\" "
    "2>/dev/null)\n"
    "    (( $#candidates )) && _describe heddle candidates\n"
    "}\n"
    "if [ \"$funcstack[1]\" = \"_heddle\" ]; then\n"
    "    _heddle \"$@\"\n"
    "else\n"
    "    compdef _heddle heddle\n"
    "fi\n";

static heddle_status run_bash(cli_session *session, const void *values, heddle_error *err)
{
    (void)values;
    return cli_print_bytes(session, heddle_view_str(bash), err);
}

static heddle_status run_zsh(cli_session *session, const void *values, heddle_error *err)
{
    (void)values;
    return cli_print_bytes(session, heddle_view_str(zsh), err);
}

static const cli_command commands[] = {
    {.verb = "bash",
     .summary = "print the completion of bash",
     .example = ". <(heddle completion bash)",
     .run = run_bash},
    {.verb = "zsh",
     .summary = "print the completion of zsh",
     .example = "source <(heddle completion zsh)",
     .run = run_zsh},
};

const cli_group cli_group_completion = {
    .name = "completion",
    .summary = "completions for bash and zsh",
    .details = "An installation has them where the shells look. They offer commands, options, the "
               "choices of options,\nfiles, and names of the context: contexts, organisations, "
               "labels, peers.",
    CLI_COMMANDS(commands),
};
