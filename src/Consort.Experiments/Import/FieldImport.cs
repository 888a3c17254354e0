using Consort.Data;
using Consort.Data.Schemas;
using YamlDotNet.RepresentationModel;

namespace Consort.Experiments.Import;

/// <summary>What an entry of FuxiCTR's <c>feature_cols</c> becomes: fields of a schema, and embeddings of their own.</summary>
internal sealed class FieldImport
{
    private const int DefaultBuckets = 10;

    private static readonly Dictionary<string, TimePart> Times = new(StringComparer.Ordinal)
    {
        ["convert_hour"] = TimePart.Hour,
        ["convert_weekday"] = TimePart.Weekday,
        ["convert_weekend"] = TimePart.Weekend,
    };

    // Of sequences, which no model reads.
    private static readonly string[] SequenceKeys = ["splitter", "max_len", "padding", "encoder", "feature_encoder"];

    private readonly ImportNotes _notes;
    private readonly List<Field> _fields = [];
    private readonly List<TimePart> _parts = [];

    public FieldImport(ImportNotes notes) => _notes = notes;

    /// <summary>Keys and values of <c>embedding.fields</c>, by field.</summary>
    public List<(string Field, string Value)> Embeddings { get; } = [];

    /// <summary>All fields but the label, in their order.</summary>
    /// <exception cref="ConsortException">Times are derived from a field that is also one itself.</exception>
    public IReadOnlyList<Field> Fields
    {
        get
        {
            if (_parts.Count == 0)
                return _fields;
            // FuxiCTR makes all of them from a column called hour.
            var time = new Field("hour", FieldKind.Categorical) { Derive = [.. _parts.Distinct()] };
            return [.. _fields.Where(f => f.Name != "hour"), time];
        }
    }

    /// <summary>Reads an entry.</summary>
    /// <exception cref="ConsortException">It is malformed.</exception>
    public void Add(ConfigValue entry, int minCount)
    {
        var section = new ConfigSection().Over(entry.Mapping ?? throw entry.Error("a mapping with a name"), entry.Source);
        var names = (section.Take("name") ?? throw entry.Error("a mapping with a name")).Items.Select(i => i.Text).ToArray();
        var shown = names.Length <= 3 ? string.Join(", ", names) : $"{names[0]}, {names[1]}, … {names[^1]}";
        string Key(string key) => $"feature_cols [{shown}] {key}";
        var type = section.Take("type")?.Text ?? "categorical";
        var isActive = section.Take("active")?.Flag ?? true;
        var dtype = section.Take("dtype");
        if (section.Take("source") is { } source)
            _notes.Unneeded(source, "no model here tells sources of fields apart", Key("source"));
        if (!isActive || type is not ("categorical" or "numeric"))
        {
            if (isActive && type is not "meta")
                _notes.Lost(entry with { Node = new YamlScalarNode(type) }, $"no model reads {type} fields; ignored", Key("type"));
            if (isActive && type is "meta")
                _notes.Unneeded(entry with { Node = new YamlScalarNode(type) }, "not read by the model; ignored", Key("type"));
            _fields.AddRange(names.Select(n => new Field(n, FieldKind.Ignored)));
            // Only the type was lost, the rest belongs to it.
            return;
        }

        var isNumeric = type == "numeric";
        if (!isNumeric && dtype is { IsNone: false } && dtype.Text is not ("str" or "string" or "object"))
            _notes.Changed(dtype, "tokens are compared as text: 1 and 1.0 are two", Key("dtype"));
        var field = Transformed(section, isNumeric, Key);
        if (field is null)
            return;
        field = field with { Missing = Missing(section, isNumeric, Key) };
        if (section.Take("min_categr_count") is { } count && count.Integer != minCount)
            field = field with { MinCount = (int)Math.Max(1, count.Integer) };
        OwnEmbedding(section, names, Key);
        field = Shared(field, section.Take("share_embedding"), minCount, Key);
        foreach (var rest in section.Left.Where(r => !r.IsNone))
            _notes.Lost(rest, SequenceKeys.Contains(rest.Key) ? "belongs to sequences" : "no counterpart is known", Key(rest.Key));
        _fields.AddRange(names.Select(n => field with { Name = n }));
    }

    // The field without its name, or null where it is a part of a time.
    private Field? Transformed(ConfigSection section, bool isNumeric, Func<string, string> key)
    {
        var field = new Field("", isNumeric ? FieldKind.Numeric : FieldKind.Categorical);
        if (section.Take("preprocess") is { } preprocess)
        {
            var name = preprocess.Text.Split('(')[0];
            if (Times.TryGetValue(name, out var part))
            {
                _parts.Add(part);
                section.Take("fill_na", "na_value");
                return null;
            }

            if (name == "convert_to_bucket" && !isNumeric)
                return field with { Kind = FieldKind.Numeric, Transform = new(TransformKind.Log2Buckets) };
            _notes.Lost(preprocess, "no such function here; the field is read as it is", key("preprocess"));
        }

        if (section.Take("normalizer") is { } normalizer)
        {
            TransformKind? kind = normalizer.Text switch { "StandardScaler" => TransformKind.Standardise, "MinMaxScaler" => TransformKind.MinMax, _ => null };
            if (isNumeric && kind is { } known)
                return field with { Transform = new(known) };
            _notes.Lost(normalizer, "there are StandardScaler and MinMaxScaler, for numeric fields", key("normalizer"));
        }

        // FuxiCTR 1 says it by `encoder`.
        var processor = section.Take("category_processor");
        if (processor is null && !isNumeric && section.Take("encoder") is { } encoder)
        {
            processor = encoder;
            if (encoder.Text.Length == 0)
                processor = null;
        }

        if (processor is null)
            return field;
        var buckets = (int)(section.Take("num_buckets")?.Integer ?? DefaultBuckets);
        switch (processor.Text)
        {
            case "quantile_bucket" or "numeric_bucket":
                return field with { Kind = FieldKind.Numeric, Transform = new(TransformKind.QuantileBuckets, buckets) };
            case "hash_bucket":
                return field with { Transform = new(TransformKind.Hash, buckets) };
            default:
                _notes.Lost(processor, "no counterpart is known", key(processor.Key));
                return field;
        }
    }

    // FuxiCTR keeps the filled-in value out of the vocabulary.
    private List<string>? Missing(ConfigSection section, bool isNumeric, Func<string, string> key)
    {
        if (section.Take("fill_na", "na_value") is not { } fill)
            return null;
        if (!isNumeric)
            return fill.Text.Length == 0 ? null : ["", fill.Text];
        if (fill.TryNumber() != 0)
            _notes.Lost(fill, "missing numbers are 0", key(fill.Key));
        return null;
    }

    // Keys and values of `embedding`, `fields`; what is said of several names holds for each.
    private void OwnEmbedding(ConfigSection section, string[] names, Func<string, string> key)
    {
        var values = new List<string>();
        if (section.Take("embedding_dim") is { } dimension)
            values.Add($"dimension: {YamlText.Of(dimension.Integer)}");
        var freeze = section.Take("freeze_emb");
        if (section.Take("pretrained_emb") is { } pretrained)
        {
            if (VectorFormat.Delimiter(pretrained.Text) is null)
            {
                _notes.Lost(pretrained, $"vectors are read from text; write them as one of {VectorFormat.Endings} and name that file in embedding, fields", key("pretrained_emb"));
                if (freeze is not null)
                    _notes.Lost(freeze, "belongs to pretrained_emb", key("freeze_emb"));
            }
            else
            {
                // Frozen unless it says otherwise.
                values.AddRange([$"pretrained: {YamlText.Of(pretrained.Text)}", $"freeze: {YamlText.Of(freeze?.Flag ?? true)}"]);
            }
        }
        else if (freeze is not null)
        {
            _notes.Unneeded(freeze, "there is no pretrained_emb beside it", key("freeze_emb"));
        }

        if (values.Count > 0)
            Embeddings.AddRange(names.Select(n => (n, $"{{ {string.Join(", ", values)} }}")));
    }

    // FuxiCTR shares with fields that stand before; here with the one whose vocabulary it is.
    private Field Shared(Field field, ConfigValue? share, int minCount, Func<string, string> key)
    {
        if (share is null)
            return field;
        if (_fields.Find(f => f.Name == share.Text) is not { Kind: not FieldKind.Ignored } owner)
        {
            _notes.Lost(share, "there is no such field before this one, or it is ignored", key("share_embedding"));
            return field;
        }

        if ((field.MinCount ?? minCount) != (owner.MinCount ?? minCount))
            _notes.Changed(share, "tokens of both are counted together against one min_count, the first field's", key("share_embedding"));
        return field with { Share = owner.Share ?? owner.Name, MinCount = owner.MinCount };
    }
}
