using System.Globalization;
using Consort.Data.Datasets;
using Consort.Data.Encoders;
using Consort.Data.Schemas;
using Consort.Data.Tests;
using Consort.Foundation.Options;
using Consort.Models.Tests;
using Consort.Onnx;

namespace Consort.Serving.Tests.Onnx;

/// <summary>
/// Clicks with a field of every kind, an encoder fitted on them, and further rows with values that were never seen and values that are
/// missing.
/// </summary>
public sealed class ClickRows : IDisposable
{
    public const int Count = 60;

    private const string Text = """
        format: delimited
        delimiter: comma
        header: true
        fields:
          - {name: label, kind: label}
          - {name: user, kind: categorical}
          - {name: item, kind: categorical, missing: ["", NA, "не указано"]}
          - {name: at, kind: categorical, derive: [hour, weekday, weekend]}
          - {name: visits, kind: numeric, transform: log2_buckets}
          - {name: clicks, kind: numeric, transform: log2_buckets, missing: ["", "-1"]}
          - {name: age, kind: numeric, transform: "quantile_buckets: 5"}
          - {name: url, kind: categorical, transform: "hash: 7"}
          - {name: price, kind: numeric, transform: standardise}
          - {name: share, kind: numeric, transform: min_max, missing: ["", "0.5"]}
          - {name: logit, kind: numeric}
          - {name: tags, kind: list, splitter: ";", max_len: 3, pooling: max, missing: ["", none]}
          - {name: seen, kind: sequence, splitter: ";", max_len: 4, share: user, missing: ["", "-"]}
          - {name: likes, kind: list, splitter: ";", max_len: 4, weight_splitter: ":", pooling: mean, share: best}
          - {name: pages, kind: list, splitter: ";", max_len: 2, pooling: sum, transform: "hash: 5"}
          - {name: paid, kind: boolean, missing: ["", "?"]}
          - {name: moment, kind: time, format: unix_ms, zone: "+05:30", derive: [hour, weekday, weekend, age, day, month], since: born, transform: standardise}
          - {name: born, kind: time, zone: "-02:00", derive: [hour]}
          - {name: best, kind: categorical}
          - {name: depth, kind: numeric, transform: "piecewise: 6"}
          - {name: still, kind: numeric, transform: "piecewise: 6"}
          - {name: seen_times, kind: sequence, splitter: ";", ages_of: seen, until: moment, unit: hour, buckets: 12, order: any, missing: ["", "-"]}
          - {name: user_paid_born, kind: cross, of: [user, paid, born_hour]}
          - {name: fondness, kind: lookup, key: best, in: likes, transform: standardise}
          - {name: again, kind: lookup, key: user, in: seen, result: token}
        """;

    private readonly TempFolder _folder = new();
    private readonly EncodedDataset _dataset;

    public ClickRows()
    {
        var random = new Random(3);
        var train = string.Concat(Enumerable.Range(0, 300)
            .Select(_ => string.Join(',', (string[])[random.Next(2).ToString(CultureInfo.InvariantCulture), .. Draw(random, 1)]) + "\n"));
        var schema = Schema.Load(OptionMap.Parse(Text, "schema.yaml"));
        _dataset = _folder.Encode(schema, _folder.File("train.csv", "label," + string.Join(',', Fields) + "\n" + train));
        var fresh = new Random(4);
        Rows = [.. Enumerable.Range(0, Count).Select(_ => Draw(fresh, 1.5))];
    }

    /// <summary>The same, with some numbers far outside what training saw.</summary>
    internal static ClickRows FarOutside()
    {
        var far = new ClickRows();
        foreach (var (row, field, number) in new[] { (7, "price", "1e30"), (8, "price", "-1e149"), (9, "logit", "1e14"),
            (10, "share", "-1e30"), (11, "logit", "-1e140") })
            far.Rows[row][Fields.ToList().IndexOf(field)] = number;
        return far;
    }

    public static IReadOnlyList<string> Fields { get; } =
        ["user", "item", "at", "visits", "clicks", "age", "url", "price", "share", "logit", "tags", "seen", "likes", "pages", "paid", "moment", "born", "best", "depth", "still", "seen_times"];

    internal Encoder Encoder => _dataset.Encoder;

    internal string Folder => _folder.Path;

    /// <summary>The raw values, a row each, in the order of the fields.</summary>
    internal IReadOnlyList<string[]> Rows { get; }

    /// <summary>The numbers that the encoder makes of these rows.</summary>
    internal (int[] Ids, float[] Numeric, int[] Lists) Encoded()
    {
        var (f, n, room) = (Encoder.Space.Categorical.Count, Encoder.Space.Numeric.Count, Encoder.Space.ListRoom);
        var (ids, numeric, lists) = (new int[Count * f], new float[Count * n], new int[Count * room]);
        var times = new long[Encoder.TimesPerRow];
        for (var row = 0; row < Count; row++)
        {
            Encoder.Clear(ids.AsSpan(row * f, f), numeric.AsSpan(row * n, n), lists.AsSpan(row * room, room), row * room, times);
            for (var field = 0; field < Fields.Count; field++)
                Encoder.EncodeField(
                    Encoder.FieldIndex(Fields[field]), System.Text.Encoding.UTF8.GetBytes(Rows[row][field]), ids.AsSpan(row * f, f),
                    numeric.AsSpan(row * n, n), lists.AsSpan(row * room, room), times);
            Encoder.SettleTimes(lists.AsSpan(row * room, room), times);
            Encoder.Generate(ids.AsSpan(row * f, f), numeric.AsSpan(row * n, n), lists, 0);
        }

        return (ids, numeric, lists);
    }

    /// <summary>Puts these rows where the program of a rig reads them.</summary>
    internal void Fill<T>(Rig<T> rig)
        where T : unmanaged, System.Numerics.IBinaryFloatingPointIeee754<T>
    {
        var (ids, numeric, lists) = Encoded();
        ids.CopyTo(rig.Ids, 0);
        numeric.CopyTo(rig.Numeric, 0);
        lists.CopyTo(rig.Lists, 0);
    }

    /// <summary>What a model that takes ids is fed.</summary>
    internal Dictionary<string, OnnxTensor> IdFeeds()
    {
        var (ids, numeric, _) = Encoded();
        var feeds = new Dictionary<string, OnnxTensor>
        {
            ["ids"] = OnnxTensor.Of(ElementType.Int64, [Count, ids.Length / Count], ids.Select(i => (double)i)),
            ["numeric"] = OnnxTensor.Of(ElementType.Float, [Count, numeric.Length / Count], numeric.Select(v => (double)v)),
        };
        for (var column = 0; column < Encoder.Space.Categorical.Count; column++)
        {
            if (Encoder.Space.Categorical[column] is not { List: { } list } of)
                continue;
            feeds[$"ids_{of.Name}"] = Listed(column, list.MaxLength);
            if (list.IsWeighted)
                feeds[$"weights_{of.Name}"] = Weights(column, list.MaxLength);
        }

        return feeds;
    }

    // −1 behind the ids, as the input says.
    private OnnxTensor Listed(int column, int length)
    {
        var (ids, _, lists) = Encoded();
        return OnnxTensor.Of(ElementType.Int64, [Count, length], Enumerable.Range(0, Count).SelectMany(row =>
            Padded(lists, ids[(row * (ids.Length / Count)) + column], 1, length, i => i, -1)));
    }

    private OnnxTensor Weights(int column, int length)
    {
        var (ids, _, lists) = Encoded();
        return OnnxTensor.Of(ElementType.Float, [Count, length], Enumerable.Range(0, Count).SelectMany(row =>
        {
            var place = ids[(row * (ids.Length / Count)) + column];
            return Padded(lists, place, 1 + lists[place], length, i => BitConverter.Int32BitsToSingle(i), 7);
        }));
    }

    private static double[] Padded(int[] lists, int place, int from, int length, Func<int, double> number, double rest) =>
        [.. lists.Skip(place + from).Take(lists[place]).Select(number), .. Enumerable.Repeat(rest, length - lists[place])];

    // What a caller makes of a cell: its tokens, as many as there may be, of a list too long the end that the schema keeps. The empty
    // text is a missing token of a sequence where another one follows.
    private OnnxTensor Tokens(int field, int length, bool isOrdered) => OnnxTensor.Of([Count, length], Rows.SelectMany(row =>
    {
        var tokens = row[field].Split(';').Select(t => t.Split(':')[0]).Where(t => t.Length > 0 || isOrdered).ToArray();
        if (row[field] == "-")
            tokens = []; // missing as a whole
        tokens = [.. isOrdered ? tokens.TakeLast(length) : tokens.Take(length)];
        return tokens.Concat(Enumerable.Repeat("", length - tokens.Length)).Select(OnnxTensor.Text);
    }));

    /// <summary>What a model that takes raw values is fed.</summary>
    internal Dictionary<string, OnnxTensor> RawFeeds()
    {
        var (ids, _, _) = Encoded();
        var columns = Encoder.Space.Categorical.ToList();
        var hashed = Encoder.Space.Categorical.ToList().FindIndex(c => c.Name == "url");
        var feeds = Fields.Select((name, field) => (Input: name == "logit" ? "logit_2" : name, Tensor: name switch
        {
            "user" or "item" or "at" or "best" => OnnxTensor.Of([Count, 1], Rows.Select(r => OnnxTensor.Text(r[field]))),
            "tags" => Tokens(field, 3, isOrdered: false),
            "seen" => Tokens(field, 4, isOrdered: true),
            "seen_times" => OnnxTensor.Of(ElementType.Int64, [Count, 4], Rows.SelectMany(r => Times(r[field]))),
            "likes" => Tokens(field, 4, isOrdered: false),
            "paid" => OnnxTensor.Of([Count, 1], Rows.Select(r => OnnxTensor.Text(r[field]))),
            "moment" => OnnxTensor.Of(ElementType.Int64, [Count, 1],
                Rows.Select(r => r[field].Length == 0 ? long.MinValue : double.Parse(r[field], CultureInfo.InvariantCulture))),
            "born" => OnnxTensor.Of(ElementType.Int64, [Count, 1], Rows.Select(r => r[field].Length == 0 ? long.MinValue
                : (DateTime.Parse(r[field], CultureInfo.InvariantCulture) - DateTime.UnixEpoch).TotalSeconds)),
            "pages" => Listed(columns.FindIndex(c => c.Name == "pages"), 2),
            "url" => OnnxTensor.Of(ElementType.Int64, [Count, 1], Enumerable.Range(0, Count)
                .Select(r => (double)ids[(r * (ids.Length / Count)) + hashed])),
            _ => OnnxTensor.Of(ElementType.Double, [Count, 1],
                Rows.Select(r => r[field].Length == 0 ? double.NaN : double.Parse(r[field], CultureInfo.InvariantCulture))),
        })).ToDictionary(p => p.Input, p => p.Tensor);
        feeds["likes_weights"] = Weights(columns.FindIndex(c => c.Name == "likes"), 4);
        return feeds;
    }

    // Seconds since 1970: of each of the last four steps, of those without a time, and of places behind them.
    private static IEnumerable<double> Times(string cell)
    {
        var tokens = cell is "" or "-" ? [] : cell.Split(';').TakeLast(4).ToArray();
        return tokens.Select(t => t is "" or "-" ? long.MinValue : (DateTime.Parse(t, CultureInfo.InvariantCulture) - DateTime.UnixEpoch).TotalSeconds)
            .Concat(Enumerable.Repeat((double)long.MaxValue, 4 - tokens.Length));
    }

    public void Dispose()
    {
        _dataset.Dispose();
        _folder.Dispose();
    }

    // A wider reach makes values that narrower rows never had.
    private static string[] Draw(Random random, double reach)
    {
        string Or(string missing, string value) => random.Next(6) == 0 ? missing : value;
        var day = new DateTime(2014, 10, 20).AddDays(random.Next((int)(20 * reach)));
        string List(int most, Func<string> token) => string.Join(';', Enumerable.Range(0, random.Next(most)).Select(_ => token()));
        // Behind its last token stands nothing.
        string History(int count, Func<string> token) => string.Join(';', Enumerable.Range(1, count).Select(i => token() is { Length: > 0 } t ? t : i < count ? "" : "-"));
        string[] names = ["Ürün", "товар", "item"];
        string[] row =
        [
            Or("", $"u{random.Next((int)(12 * reach))}"),
            Or(random.Next(2) == 0 ? "NA" : "не указано", $"{names[random.Next(3)]} {random.Next((int)(5 * reach))}"),
            Or("", string.Create(CultureInfo.InvariantCulture, $"{day:yyMMdd}{random.Next(24):00}")),
            Or("", string.Create(CultureInfo.InvariantCulture, $"{(long)Math.Pow(10, random.NextDouble() * 5 * reach) - 3}")),
            Or("-1", string.Create(CultureInfo.InvariantCulture, $"{random.Next((int)(9 * reach)) - 3}")),
            Or("", string.Create(CultureInfo.InvariantCulture, $"{random.Next((int)(80 * reach)) / 2.0}")),
            Or("", $"/page/{random.Next((int)(30 * reach))}"),
            Or("", string.Create(CultureInfo.InvariantCulture, $"{random.NextDouble() * 10 * reach:F3}")),
            Or("0.5", string.Create(CultureInfo.InvariantCulture, $"{random.NextDouble() * reach:F2}")),
            Or("", string.Create(CultureInfo.InvariantCulture, $"{(random.NextDouble() - 0.5) * reach:F4}")),
            List(5, () => $"tag{random.Next((int)(9 * reach))}"),
            History(random.Next(6), () => Or(random.Next(2) == 0 ? "" : "-", $"u{random.Next((int)(12 * reach))}")),
            List(5, () => string.Create(CultureInfo.InvariantCulture, $"like{random.Next((int)(6 * reach))}:{random.Next(4) / 2.0}")),
            List(4, () => $"/page/{random.Next((int)(30 * reach))}"),
            Or("?", ((string[])["true", "FALSE", "Yes", "n", "1", "0"])[random.Next(6)]),
            Or("", string.Create(CultureInfo.InvariantCulture, $"{random.NextInt64(-400_000_000_000, (long)(1_800_000_000_000 * reach))}")),
            Or("", new DateTime(1965, 1, 1).AddMinutes(random.Next((int)(20_000_000 * reach))).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)),
            Or("", $"like{random.Next((int)(6 * reach))}"),
            Or("", string.Create(CultureInfo.InvariantCulture, $"{(random.NextDouble() - 0.3) * 10 * reach:F2}")),
            Or("", reach > 1 ? string.Create(CultureInfo.InvariantCulture, $"{random.Next(9)}") : "7"),
        ];
        var until = row[15].Length == 0 ? 1e12 : double.Parse(row[15], CultureInfo.InvariantCulture);
        var steps = row[11] is "" or "-" ? 0 : row[11].Split(';').Length;
        string Time() => DateTime.UnixEpoch.AddSeconds(Math.Floor(until / 1000) - Math.Floor(Math.Pow(10, random.NextDouble() * 8) - 1))
            .ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
        return [.. row, Or("", string.Join(';', Enumerable.Range(0, steps).Select(_ => Or(random.Next(2) == 0 ? "" : "-", Time()))))];
    }
}
