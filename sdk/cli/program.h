/* The whole of main. */
#ifndef CLI_PROGRAM_H
#define CLI_PROGRAM_H

/** The exit code. */
int cli_main(int argc, char *const argv[]);

#endif
