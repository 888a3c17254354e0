using System.Reflection;
using Consort.Foundation.Options;

namespace Consort.Data.Schemas;

/// <summary>What the raw data look like and how each field becomes columns. Immutable; checked when made.</summary>
public sealed record Schema
{
    private static readonly string[] PresetNames = ["avazu", "criteo", "frappe"];

    /// <summary>The names that <see cref="Preset"/> knows.</summary>
    public static IReadOnlyList<string> Presets => PresetNames;

    /// <summary>How rows are written.</summary>
    public DataFormat Format { get; init; }

    /// <summary>What stands between the cells of a delimited row; a tab by default.</summary>
    public Delimiter Delimiter { get; init; }

    /// <summary>Whether the first row names the columns; they may then stand in any order.</summary>
    public bool Header { get; init; }

    /// <summary>Whether cells may stand in double quotes (RFC 4180), with delimiters and line ends inside.</summary>
    public bool Quoted { get; init; }

    /// <summary>Whether spaces around a cell are dropped.</summary>
    public bool Trim { get; init; }

    /// <summary>Texts that mean a missing value, for fields without their own.</summary>
    public IReadOnlyList<string> Missing { get; init; } = [""];

    /// <summary>Tokens seen fewer times in training are out-of-vocabulary, for fields without their own; at least 1.</summary>
    public int MinCount { get; init; } = 1;

    /// <summary>What the pairs of a libsvm row mean.</summary>
    public PairMeaning Pairs { get; init; }

    /// <summary>The number of the first field in libsvm (indexed) and libffm rows, 0 or 1.</summary>
    public int FirstIndex { get; init; }

    /// <summary>What a numeric field is where a libsvm or libffm row does not name it.</summary>
    public AbsentRule Absent { get; init; }

    /// <summary>
    /// The share of the training rows without a click that was kept, above 0 and at most 1. A fitted schema alone has one below 1: who
    /// encodes says it, not the schema.
    /// </summary>
    public double NegativeShare { get; init; } = 1;

    /// <summary>What is added to the logit of a model of such rows: ln of that share, so that it tells of all rows.</summary>
    public double LogitShift => Math.Log(NegativeShare);

    /// <summary>The fields, in the order of the file where it has no header.</summary>
    public required IReadOnlyList<Field> Fields { get; init; }

    /// <summary>Fields that are made of the columns of others: crosses and look-ups. No row has a cell of theirs.</summary>
    public IReadOnlyList<Field> Generated { get; init; } = [];

    /// <summary>The fields, and behind them the generated ones.</summary>
    public IEnumerable<Field> AllFields => Fields.Concat(Generated);

    /// <summary>One of <see cref="AllFields"/> by its place.</summary>
    internal Field FieldAt(int place) => place < Fields.Count ? Fields[place] : Generated[place - Fields.Count];

    /// <summary>A built-in schema: <c>criteo</c>, <c>avazu</c> or <c>frappe</c>.</summary>
    /// <exception cref="ConsortException">No preset of that name.</exception>
    public static Schema Preset(string name)
    {
        if (!PresetNames.Contains(name, StringComparer.Ordinal))
        {
            var hint = NearestWord.Hint(name, PresetNames);
            throw new ConsortException($"schema {name}: no such preset, expected one of {string.Join(", ", PresetNames)}{hint}");
        }
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"Consort.Data.Schemas.Presets.{name}.json")!;
        using var reader = new StreamReader(stream);
        return Load(OptionMap.Of(JsonOptions.Parse(reader.ReadToEnd(), $"preset {name}")));
    }

    /// <summary>
    /// Reads a schema from options and closes them. With <c>preset</c> (or a path under <c>file</c>) the other keys change that schema.
    /// </summary>
    /// <exception cref="ConsortException">A mistake in the options.</exception>
    public static Schema Load(OptionMap options) => SchemaReader.Read(options, OutsideRule.Clip);

    /// <summary>
    /// Reads the schema of an encoder that was fitted: one that says nothing of numbers far outside is older than that rule and keeps them.
    /// </summary>
    internal static Schema LoadFitted(OptionMap options)
    {
        var saysAbsent = options.Has("absent");
        var kept = options.Number("negative_share", 1, double.Epsilon, 1);
        var schema = SchemaReader.Read(options, OutsideRule.Keep) with { NegativeShare = kept };
        return saysAbsent || !schema.IsPairs ? schema : schema with { Absent = AbsentRule.Missing };
    }

    /// <summary>Whether rows have weights: a field of kind weight.</summary>
    public bool HasWeights => Fields.Any(f => f.Kind == FieldKind.Weight);

    /// <summary>Whether rows have groups: a field of kind group, or one with <c>group: true</c>.</summary>
    public bool HasGroups => Fields.Any(f => f.MarksGroups);

    /// <summary>This schema as YAML that <see cref="Load(OptionMap)"/> reads back; equal schemas give equal text.</summary>
    public string ToYaml() => SchemaWriter.Write(this, forKeys: false);

    /// <summary>What is stored of it beside what was fitted, as JSON: what <see cref="Identity"/> says.</summary>
    internal string ToJson() => JsonOptions.Write(SchemaWriter.Tree(this, forKeys: true));

    /// <summary>
    /// What keys of encoded data follow from: <see cref="ToYaml"/>, but that a field says nothing where it keeps numbers far outside, and
    /// all else of them. It is so that <c>outside: keep</c> finds what was encoded and trained before there was that key.
    /// </summary>
    public string Identity => SchemaWriter.Write(this, forKeys: true);

    /// <summary>Checks the ranges and that the fields fit together.</summary>
    /// <param name="where">What messages begin with.</param>
    /// <exception cref="ConsortException">Something does not fit.</exception>
    public void Validate(string where)
    {
        if (Fields.Count == 0) throw new ConsortException($"{where}: found no fields, expected at least one");
        if (Fields.Count > 65_536) throw new ConsortException($"{where}: found {Fields.Count} fields, expected at most 65536: so many columns may a file have");
        if (MinCount < 1) throw new ConsortException($"{where}, min_count: found {MinCount}, expected at least 1");
        if (FirstIndex is not (0 or 1)) throw new ConsortException($"{where}, first_index: found {FirstIndex}, expected 0 or 1");
        if (!Delimiter.IsUsable) throw new ConsortException($"{where}, delimiter: {Delimiter.Expected(Delimiter.Text)}");
        if (Format != DataFormat.Delimited && (Header || Quoted))
            throw new ConsortException($"{where}: header and quoted belong to delimited data, found {Words.Of(Format)}");
        if (!IsPairs && Absent != AbsentRule.Zero)
            throw new ConsortException($"{where}: absent belongs to libsvm and libffm data, found {Words.Of(Format)}");

        if (IsPairs && Fields.FirstOrDefault(f => f.NeedsCells) is { } odd)
            throw new ConsortException($"{where}, field {odd.Name}: kind {Words.Of(odd.Kind)} belongs to delimited data, found {Words.Of(Format)}");
        var labels = Fields.Count(f => f.Kind == FieldKind.Label);
        if (labels > 1 || (labels == 0 && !IsPairs))
            throw new ConsortException($"{where}: found {labels} fields of kind label, expected one");
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var field in AllFields)
        {
            if (!names.Add(field.Name)) throw new ConsortException($"{where}: found two fields named {field.Name}, expected each name once");
            CheckField(field, where);
        }
        SharedVocabularies.Check(this, where);
        TimeFields.Check(this, where);
        AgeFields.Check(this, where);
        GeneratedFields.Check(this, where);
        var columns = new HashSet<string>(StringComparer.Ordinal);
        foreach (var column in AllFields.SelectMany(f => f.Columns))
        {
            if (!columns.Add(column)) throw new ConsortException($"{where}: two fields give a column named {column}, expected each name once");
        }
        var (weights, groups) = (Fields.Count(f => f.Kind == FieldKind.Weight), Fields.Count(f => f.MarksGroups));
        if (weights > 1) throw new ConsortException($"{where}: found {weights} fields of kind weight, expected at most one");
        if (groups > 1)
            throw new ConsortException($"{where}: found {groups} fields of kind group{(Fields.Any(f => f.IsGroup) ? " or with group: true" : "")}, expected at most one");
        if (columns.Count == 0) throw new ConsortException($"{where}: found no categorical or numeric field, expected at least one");
    }

    /// <summary>Whether rows are libsvm's or libffm's pairs.</summary>
    internal bool IsPairs => Format is DataFormat.Libsvm or DataFormat.Libffm;

    /// <summary>Whether a row that does not name the field means 0.</summary>
    internal bool AbsentIsZero(Field field) => IsPairs && Absent == AbsentRule.Zero && field.Kind == FieldKind.Numeric;

    private static void CheckField(Field field, string where)
    {
        where = $"{where}, field {field.Name}";
        var transform = Words.Of(field.Transform.Kind);
        var fits = field.Transform.Kind switch
        {
            TransformKind.None => true,
            TransformKind.Hash => field.HasTokens || field.Kind == FieldKind.Cross,
            TransformKind.Standardise or TransformKind.MinMax => field.Kind is FieldKind.Numeric or FieldKind.Time || field.IsNumber,
            _ => field.Kind == FieldKind.Numeric,
        };
        if (!fits) throw new ConsortException($"{where}: transform {transform} does not fit kind {Words.Of(field.Kind)}");
        if (field.Transform is { Kind: TransformKind.QuantileBuckets or TransformKind.Piecewise, Count: < 2 or > 65_536 })
            throw new ConsortException($"{where}: found {transform} of {field.Transform.Count}, expected 2 to 65536");
        if (field.Transform.Kind == TransformKind.Hash && field.Transform.Count is < 1 or > 100_000_000)
            throw new ConsortException($"{where}: found hash to {field.Transform.Count}, expected 1 to 100000000");
        if (field.Outside != OutsideRule.Clip && !field.IsNumber)
            throw new ConsortException($"{where}: outside belongs to a numeric field that stays a number, found kind {Words.Of(field.Kind)} with transform {transform}");
        if (field.IsGroup && (field.Kind != FieldKind.Categorical || field.Derive.Count > 0))
            throw new ConsortException($"{where}: group: true belongs to kind categorical, found {Words.Of(field.Kind)}{(field.Derive.Count > 0 ? " with derive" : "")}; where it is no feature, make it kind: group");
        if (field.MinCount < 1) throw new ConsortException($"{where}, min_count: found {field.MinCount}, expected at least 1");
        TimeFields.Check(field, where);
        if (field.Derive.Distinct().Count() != field.Derive.Count)
            throw new ConsortException($"{where}: derive names a part twice, expected each once");
        CheckList(field, where);
        if (field.Values.Count > 0 && field.Kind != FieldKind.Label)
            throw new ConsortException($"{where}: values belong to a field of kind label, found kind {Words.Of(field.Kind)}");
        if (field.Values.Any(pair => pair.Value is not (0 or 1)))
            throw new ConsortException($"{where}, values: expected each text to stand for 0 or 1");
    }

    private static void CheckList(Field field, string where)
    {
        var isList = field.Kind is FieldKind.List or FieldKind.Sequence;
        if (isList != field.List is not null)
            throw new ConsortException($"{where}: splitter, max_len, keep, pooling and weight_splitter belong to kind list or sequence, found kind {Words.Of(field.Kind)}");
        if (field.List is not { } list) return;
        if (!list.Splitter.IsUsable) throw new ConsortException($"{where}, splitter: {Delimiter.Expected(list.Splitter.Text)}");
        if (list.MaxLength is < 1 or > FieldList.Most)
            throw new ConsortException($"{where}, max_len: found {list.MaxLength}, expected 1 to {FieldList.Most}");
        if (list.WeightSplitter is not { } weight) return;
        if (!weight.IsUsable) throw new ConsortException($"{where}, weight_splitter: {Delimiter.Expected(weight.Text)}");
        if (weight == list.Splitter) throw new ConsortException($"{where}, weight_splitter: found the splitter itself, expected another text");
        if (list.Pooling == ListPooling.Max)
            throw new ConsortException($"{where}, weight_splitter: found pooling max, which has no use for weights; expected mean or sum");
    }

    /// <summary>Schemas are equal when their YAML is.</summary>
    public bool Equals(Schema? other) => other is not null && ToYaml() == other.ToYaml();

    /// <inheritdoc/>
    public override int GetHashCode() => ToYaml().GetHashCode(StringComparison.Ordinal);
}
