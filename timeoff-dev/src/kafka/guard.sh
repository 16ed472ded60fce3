# Becomes the program given as arguments, with the same process id, guarded by a background process that reads
# standard input: every line names a signal for the program, "done" says that it has ended. When standard input
# ends without that, the parent is gone (a kernel closes the pipe of a process that was killed with -9, too), and
# the program is killed.
exec 3<&0 </dev/null
{
    while read -r word; do
        [ "$word" = done ] && exit 0
        kill -s "$word" $$
    done
    kill -s KILL $$
} <&3 3<&- &
exec "$@" 3<&-
