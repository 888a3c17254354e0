using System.Globalization;
using System.Text.RegularExpressions;
using Consort.Foundation.Options;

namespace Consort.Data.Schemas;

/// <summary>Reads a schema from options.</summary>
internal static partial class SchemaReader
{
    /// <param name="map">The options.</param>
    /// <param name="outside">The rule of numeric fields that name none.</param>
    public static Schema Read(OptionMap map, OutsideRule outside)
    {
        var start = Start(map);
        var all = new List<Field>();
        var keys = new Dictionary<string, IReadOnlyCollection<string>>(StringComparer.Ordinal);
        foreach (var item in map.Maps("fields")) ReadField(item, all, outside, keys);
        Field[] fields = [.. AgeFields.Completed([.. all.Where(f => !f.IsGenerated)], (f, key) => keys[f.Name].Contains(key))],
            generated = [.. all.Where(f => f.IsGenerated)];
        var schema = start with
        {
            Format = map.Choice("format", start.Format, Words.All<DataFormat>()),
            Delimiter = ReadDelimiter(map, start.Delimiter),
            Header = map.Flag("header", start.Header),
            Quoted = map.Flag("quoted", start.Quoted),
            Trim = map.Flag("trim", start.Trim),
            Missing = map.Texts("missing", start.Missing),
            MinCount = map.Integer("min_count", start.MinCount, 1, int.MaxValue),
            Pairs = map.Choice("pairs", start.Pairs, Words.All<PairMeaning>()),
            FirstIndex = map.Integer("first_index", start.FirstIndex, 0, 1),
            Absent = map.Choice("absent", start.Absent, Words.All<AbsentRule>()),
            // Generated fields alone come on top of those of a preset or a file.
            Fields = fields.Length > 0 ? fields : start.Fields,
            Generated = generated.Length > 0 ? generated : fields.Length > 0 ? [] : start.Generated,
        };
        map.Close();
        schema.Validate(map.Source);
        return schema;
    }

    private static Schema Start(OptionMap map)
    {
        string? preset = map.TextOrNull("preset"), file = map.TextOrNull("file");
        if (preset is not null && file is not null) throw map.Error("file", "found both preset and file, expected one of them");
        if (preset is not null)
        {
            if (Schema.Presets.Contains(preset)) return Schema.Preset(preset);
            var hint = NearestWord.Hint(preset, Schema.Presets);
            throw map.Error("preset", $"found \"{preset}\", expected one of {string.Join(", ", Schema.Presets)}{hint}");
        }
        return file is not null ? Schema.Load(OptionMap.Of(StoredOptions.Load(file))) : new Schema { Fields = [] };
    }

    private static Delimiter ReadDelimiter(OptionMap map, Delimiter fallback, string key = "delimiter")
    {
        if (map.TextOrNull(key) is not { } text) return fallback;
        var delimiter = Delimiter.Of(text);
        return delimiter.IsUsable
            ? delimiter
            : throw map.Error(key,
                $"found \"{text}\", expected tab, comma, semicolon, pipe, space or 1 to {Delimiter.MostBytes} bytes of text without a quote, a line end or a NUL");
    }

    private static readonly string[] ListKeys = ["splitter", "max_len", "keep", "pooling", "weight_splitter"];

    private static readonly string[] AgeKeys = ["ages_of", "until", "buckets", "unit", "order"];

    private static readonly string[] FieldKeys =
    [
        "name", "kind", "missing", "min_count", "transform", "share", "derive", "values", "outside", "format", "zone", "since",
        "group", "of", "key", "in", "result", .. ListKeys, .. AgeKeys,
    ];

    private static void ReadField(OptionMap map, List<Field> fields, OutsideRule outside,
        Dictionary<string, IReadOnlyCollection<string>> keys)
    {
        var name = map.Text("name");
        if (!map.Has("kind"))
        {
            var other = map.Keys.FirstOrDefault(k => !FieldKeys.Contains(k)) is { } unknown
                ? $"; found the unknown key \"{PrintableText.Short(unknown, 60)}\"" : "";
            throw map.Error("kind", $"found nothing, expected one of {string.Join(", ", Words.All<FieldKind>().Keys)}{other}");
        }
        var field = new Field(name, map.Choice("kind", FieldKind.Ignored, Words.All<FieldKind>()))
        {
            Missing = map.Has("missing") ? map.Texts("missing", []) : null,
            MinCount = map.Has("min_count") ? map.Integer("min_count", 1, 1, int.MaxValue) : null,
            Transform = ReadTransform(map),
            Share = map.TextOrNull("share"),
            Derive = ReadParts(map),
            Format = map.Choice("format", TimeFormat.Auto, Words.All<TimeFormat>()),
            Zone = ReadZone(map),
            Since = map.TextOrNull("since"),
            Values = ReadValues(map),
            IsGroup = map.Flag("group", false),
            Of = map.Texts("of", []),
            Key = map.TextOrNull("key"),
            In = map.TextOrNull("in"),
            Result = map.Choice("result", LookupResult.Number, Words.All<LookupResult>()),
            Ages = ReadAges(map),
        };
        if (field.Kind is FieldKind.List or FieldKind.Sequence || ListKeys.Any(map.Has))
            field = field with { List = ReadList(map, field.Kind) };
        if (field.IsNumber || map.Has("outside")) field = field with { Outside = map.Choice("outside", outside, Words.All<OutsideRule>()) };
        if (RangeOfNames().Match(name) is not { Success: true } range)
        {
            fields.Add(field);
            keys[name] = [.. map.Keys];
            return;
        }
        // I1..I13 stands for thirteen fields alike.
        var prefix = range.Groups["prefix"].Value;
        var first = int.Parse(range.Groups["first"].ValueSpan, CultureInfo.InvariantCulture);
        var last = int.Parse(range.Groups["last"].ValueSpan, CultureInfo.InvariantCulture);
        if (prefix != range.Groups["again"].Value || last < first || last - first > 65_535)
            throw map.Error("name", $"found \"{name}\", expected a range such as I1..I13");
        for (var i = first; i <= last; i++)
        {
            fields.Add(field with { Name = string.Create(CultureInfo.InvariantCulture, $"{prefix}{i}") });
            keys[fields[^1].Name] = [.. map.Keys];
        }
    }

    private static SequenceAges? ReadAges(OptionMap map)
    {
        if (!AgeKeys.Any(map.Has)) return null;
        if (map.TextOrNull("ages_of") is not { } of || map.TextOrNull("until") is not { } until)
            throw map.Error(map.Has("ages_of") ? "until" : "ages_of", "found nothing, expected both: ages_of, the sequence whose steps these are the times of, and until, the field of kind time that says when the row came");
        var ages = new SequenceAges(of, until);
        return ages with
        {
            Buckets = map.Integer("buckets", ages.Buckets, 2, SequenceAges.MostBuckets),
            Unit = map.Choice("unit", ages.Unit, Words.All<AgeUnit>()),
            Order = map.Choice("order", ages.Order, Words.All<StepOrder>()),
        };
    }

    private static Transform ReadTransform(OptionMap map)
    {
        // Either a word or one key with its count: `transform: {quantile_buckets: 20}`; also `transform: "hash: 1000"`.
        const string Expected = "none, log2_buckets, standardise, min_max, \"quantile_buckets: n\", \"piecewise: n\" or \"hash: n\"";
        if (!map.Has("transform")) return default;
        string text;
        try
        {
            text = map.Text("transform");
        }
        catch (ConsortException)
        {
            var counted = map.Map("transform")!;
            Transform[] given =
            [
                .. new Transform[]
                {
                    new(TransformKind.QuantileBuckets, counted.Integer("quantile_buckets", 0, 2, 65_536)),
                    new(TransformKind.Piecewise, counted.Integer("piecewise", 0, 2, 65_536)),
                    new(TransformKind.Hash, counted.Integer("hash", 0, 1, 100_000_000)),
                }.Where(t => t.Count > 0),
            ];
            var unknown = counted.Keys.FirstOrDefault(key => !Words.All<TransformKind>().ContainsKey(key));
            var hint = unknown is null ? "" : NearestWord.Hint(unknown, Words.All<TransformKind>().Keys);
            return given.Length == 1 ? given[0] : throw map.Error("transform", $"expected {Expected}{hint}");
        }
        var kinds = Words.All<TransformKind>();
        var parts = text.Split(':', 2);
        var isCounted = parts.Length == 2;
        var count = 0;
        if (kinds.TryGetValue(isCounted ? parts[0].Trim() : text, out var kind) && new Transform(kind).IsCounted == isCounted
            && (!isCounted || int.TryParse(parts[1].AsSpan().Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out count)))
            return new(kind, count);
        throw map.Error("transform", $"found \"{text}\", expected {Expected}{NearestWord.Hint(text, kinds.Keys)}");
    }

    private static FieldList ReadList(OptionMap map, FieldKind kind)
    {
        var common = new FieldList();
        return new FieldList
        {
            Splitter = ReadDelimiter(map, common.Splitter, "splitter"),
            MaxLength = map.Integer("max_len", common.MaxLength, 1, FieldList.Most),
            Keep = map.Choice("keep", kind == FieldKind.Sequence ? ListEnd.Last : ListEnd.First, Words.All<ListEnd>()),
            Pooling = map.Choice("pooling", common.Pooling, Words.All<ListPooling>()),
            WeightSplitter = map.Has("weight_splitter") ? ReadDelimiter(map, common.Splitter, "weight_splitter") : null,
        };
    }

    private static TimePart[] ReadParts(OptionMap map)
    {
        var parts = Words.All<TimePart>();
        return [.. map.Texts("derive", []).Select(text => parts.TryGetValue(text, out var part)
            ? part
            : throw map.Error("derive", $"found \"{text}\", expected {string.Join(", ", parts.Keys)}"))];
    }

    private static TimeSpan ReadZone(OptionMap map)
    {
        if (map.TextOrNull("zone") is not { } text) return TimeSpan.Zero;
        return TimeZones.TryRead(text, out var zone)
            ? zone : throw map.Error("zone", $"found \"{text}\", expected Z or an offset from -14:00 to +14:00 such as \"+01:00\", in quotes");
    }

    private static Dictionary<string, int> ReadValues(OptionMap map)
    {
        var values = new Dictionary<string, int>(StringComparer.Ordinal);
        if (map.Map("values") is not { } given) return values;
        foreach (var text in given.Keys) values[text] = given.Integer(text, 0, 0, 1);
        return values;
    }

    [GeneratedRegex(@"^(?<prefix>.*?)(?<first>\d{1,6})\.\.(?<again>.*?)(?<last>\d{1,6})$")]
    private static partial Regex RangeOfNames();
}
