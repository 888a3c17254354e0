namespace Consort.Fuzz.Targets;

/// <summary>Delimited files, quoted and not, with and without header, with every kind of column.</summary>
internal sealed class DelimitedTarget : RowsTarget
{
    private const string Fields = """
        fields:
          - { name: label, kind: label }
          - { name: price, kind: numeric, transform: standardise }
          - { name: share, kind: numeric, transform: min_max }
          - { name: user, kind: categorical }
          - { name: unused, kind: ignored }
          - { name: visits, kind: numeric, transform: log2_buckets }
          - { name: age, kind: numeric, transform: "quantile_buckets: 4" }
          - { name: at, kind: categorical, derive: [hour, weekday] }
          - { name: count, kind: numeric }

        """;

    private static readonly string[] Cells =
    [
        "1,2.5,0.1,anna,x,7,30,14102101,3", "0,,0.9,bert,,-2,,14102223,4", "1,1e3,0.5,\"a, b\",y,900,18,14103012,",
        "0,-4,0,ünal,z,,77,14102900,12",
    ];

    public override string Name => "delimited";

    public override string What => "delimited rows: describe, encode, read for scoring";

    public override IReadOnlyList<string> Words =>
        ["label", "price", "user", "\"\"", "\"", "True", "yes", "NA", "14102101", "99999999", "\r\n"];

    protected override IReadOnlyList<(string Schema, string Rows)> Files { get; } =
    [
        ($"header: true\ndelimiter: comma\nquoted: true\n{Fields}", "label,price,share,user,unused,visits,age,at,count\n"
            + string.Join('\n', Cells) + "\n"),
        ($"header: false\ndelimiter: comma\n{Fields}", Plain(',')),
        ($"header: false\ndelimiter: tab\ntrim: true\n{Fields}", Plain('\t')),
        ($"header: false\ndelimiter: comma\nquoted: true\ntrim: true\n{Fields}", string.Join("\r\n", Cells) + "\r\n"),
        ($"header: true\ndelimiter: semicolon\ntrim: true\nmin_count: 2\nmissing: [\"\", NA]\n{Fields}",
            "label;price;share;user;unused;visits;age;at;count\n" + Plain(';')),
        ("delimiter: comma\nfields: [{ name: label, kind: label }, { name: item, kind: categorical }, { name: seen, kind: sequence, share: item, max_len: 3, missing: [\"\", NA] }, { name: tags, kind: list, splitter: ab, max_len: 2 }, { name: likes, kind: list, weight_splitter: \":\" }, { name: pages, kind: list, transform: \"hash: 3\" }]\n", "1,a,b|c||a,xabyabz,l:0.5|m,p\n0,b,,,,\n1,c,NA|a|,x,l:1e3|m:0,p|q|p\n0,a,NA,ababx,m:2,\n"),
        ("header: true\ndelimiter: comma\nfields: [{ name: click, kind: label, values: { \"yes\": 1, \"no\": 0 } }, { name: c1..c2, kind: categorical }]\n", "click,c1,c2\nyes,a,b\nno,a,d\n"),
    ];

    private static string Plain(char delimiter) =>
        string.Join('\n', Cells).Replace("\"a, b\"", "a b", StringComparison.Ordinal).Replace(',', delimiter) + "\n";
}
