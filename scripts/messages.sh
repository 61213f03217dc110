#!/bin/sh
# usage: messages.sh
# Collects the messages of pyjwtfast/drf into each catalogue, sorted, and compiles the catalogues.
# A message without a translation is left empty and named; then the script exits 1.
set -eu

cd "$(dirname "$0")/../pyjwtfast/drf"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

find . -name '*.py' | sort | xgettext --files-from=- --output="$work/messages.pot" \
    --language=Python --from-code=UTF-8 --no-location --sort-output \
    --keyword=_ --keyword=gettext --keyword=gettext_lazy --keyword=ngettext:1,2

status=0
for catalogue in locale/*/LC_MESSAGES/django.po; do
    msgmerge --quiet --no-fuzzy-matching --no-wrap --no-location --sort-output \
        "$catalogue" "$work/messages.pot" | msgattrib --no-obsolete --no-wrap |
        grep -v -e '^"POT-Creation-Date:' -e '^"Report-Msgid-Bugs-To:' >"$work/merged.po"
    cat "$work/merged.po" >"$catalogue"
    missing=$(msgattrib --untranslated --no-wrap "$catalogue" | sed -n 's/^msgid "\(..*\)"$/  \1/p')
    if [ -n "$missing" ]; then
        printf '%s lacks:\n%s\n' "pyjwtfast/drf/$catalogue" "$missing" >&2
        status=1
    fi
    msgfmt --check-format --check-domain --output-file="${catalogue%.po}.mo" "$catalogue"
done
exit $status
