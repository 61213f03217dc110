# Passes the output of several test runs on, adds up their last lines, and says the sum. Fails when
# a test failed, a run ended abnormally (a sanitizer's finding), or no run said anything.
/^[0-9]+ passed, [0-9]+ failed$/ { passed += $1; failed += $3; runs++; next }
/^exit status: / { ended_badly++ }
{ print; fflush() }
END {
    if (runs == 0 || (ended_badly > 0 && failed == 0)) {
        print "a run did not end normally"
        failed++
    }
    printf "%d passed, %d failed\n", passed, failed
    exit failed > 0
}
