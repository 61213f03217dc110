# Reads the lines that `gcov --stdout` prints, of any number of objects, and says per file of the
# core how many of the lines with code ran, and which did not. Fails when less than `min` percent of
# all ran.
#
# A line that several objects or functions hold (headers, templates) ran if it ran in one of them.
BEGIN { FS = ":" }
$2 ~ /^ *0$/ && $3 == "Source" { file = $4; if (file ~ /^core\//) files[file] = 1; next }
$2 !~ /^ *[1-9][0-9]*$/ || !(file in files) { next }
{
    count = $1
    gsub(/ /, "", count)
    if (count == "-") next
    line = $2 + 0
    if (!((file, line) in ran)) ran[file, line] = 0
    if (count !~ /^[#=]/) ran[file, line] = 1
    if (line > last[file]) last[file] = line
}
END {
    for (file in files) {
        at = names++
        for (; at > 0 && sorted[at - 1] > file; at--) sorted[at] = sorted[at - 1]
        sorted[at] = file
    }
    for (i = 0; i < names; i++) {
        file = sorted[i]
        good = all = 0
        missed = ""
        for (line = 1; line <= last[file]; line++) {
            if (!((file, line) in ran)) continue
            all++
            good += ran[file, line]
            if (!ran[file, line]) missed = missed " " line
        }
        printf "  %-24s %4d of %4d lines %6.1f %%%s\n", file, good, all, percent(good, all),
            missed == "" ? "" : "   not:" missed
        total_good += good
        total += all
    }
    printf "  %-24s %4d of %4d lines %6.1f %%\n", "csrc/core", total_good, total, \
        percent(total_good, total)
    if (total == 0 || 100 * total_good < min * total) {
        printf "less than %s %% of the lines ran\n", min
        exit 1
    }
}
function percent(good, all) { return all == 0 ? 100 : 100 * good / all }
