using Consort.Data.Schemas;
using Consort.Foundation.Options;

namespace Consort.Import;

/// <summary>What an entry of FuxiCTR's <c>feature_cols</c> becomes: fields of a schema, and embeddings of their own.</summary>
internal sealed class FieldImport
{
    private const int DefaultBuckets = 10;

    // Of sequences alone.
    private static readonly string[] SequenceKeys = ["splitter", "max_len", "padding", "encoder", "feature_encoder"];

    private static readonly (string Key, string Reason)[] Needless =
    [
        ("vocab_size", "counted from the data"),
        ("remap", "ids are dealt from the data"),
    ];

    private readonly ImportNotes _notes;
    private readonly RawColumns? _raw;
    private readonly int _minCount;
    private readonly int _buckets;
    private readonly ConfigSection _dataset;
    private readonly PreprocessImport _preprocess;
    private readonly List<Field> _fields = [];
    private readonly List<(string Field, OptionTree Value)> _embeddings = [];

    /// <param name="notes">Where to say what was not carried over.</param>
    /// <param name="raw">The columns of the training file, or null where they are not known.</param>
    /// <param name="minCount">The dataset's <c>min_categr_count</c>.</param>
    /// <param name="dataset">The dataset's keys.</param>
    public FieldImport(ImportNotes notes, RawColumns? raw, int minCount, ConfigSection dataset)
    {
        (_notes, _raw, _minCount, _dataset) = (notes, raw, minCount, dataset);
        _buckets = dataset.Take("num_buckets")?.Count ?? DefaultBuckets;
        _preprocess = new PreprocessImport(notes, raw);
    }

    /// <summary>Keys and values of <c>embedding.fields</c>, by field.</summary>
    public IReadOnlyList<(string Field, OptionTree Value)> Embeddings => _embeddings;

    /// <summary>All fields but the label, in their order, with what <c>use_features</c> and <c>feature_specs</c> say of them.</summary>
    /// <exception cref="ConsortException">One of the two is malformed.</exception>
    public IReadOnlyList<Field> Finish()
    {
        // FuxiCTR makes all of them from a column called hour.
        if (_preprocess.Time is { } time)
        {
            _fields.RemoveAll(f => f.Name == time.Name);
            _fields.Add(time);
        }

        new FieldChoice(_notes, _fields, _embeddings).Apply(_dataset);
        return _fields;
    }

    /// <summary>Reads an entry.</summary>
    /// <exception cref="ConsortException">It is malformed.</exception>
    public void Add(ConfigValue entry)
    {
        var section = new ConfigSection().Over(entry.Mapping ?? throw entry.Error("a mapping with a name"), entry.Source);
        var names = (section.Take("name") ?? throw entry.Error("a mapping with a name")).Items.Select(i => i.Text).ToArray();
        if (names.Length == 0)
            throw entry.Error("a mapping with a name");
        var shown = names.Length <= 3 ? string.Join(", ", names) : $"{names[0]}, {names[1]}, … {names[^1]}";
        string Key(string key) => $"feature_cols [{shown}] {key}";
        var type = section.Take("type")?.Text ?? "categorical";
        var isActive = section.Take("active")?.Flag ?? true;
        var dtype = section.Take("dtype");
        if (section.Take("source") is { } source)
            _notes.Unneeded(source, "no model here tells sources of fields apart", Key("source"));
        if (!isActive || type is not ("categorical" or "numeric" or "sequence"))
        {
            if (isActive)
                Ignore(entry, section, type, Key("type"));
            // Only the type was lost, the rest belongs to it.
            _fields.AddRange(names.Where(n => _raw?.Has(n) != false).Select(n => new Field(n, FieldKind.Ignored)));
            return;
        }

        var isNumeric = type == "numeric";
        if (!isNumeric && dtype is { IsNone: false } && dtype.Text is not ("str" or "string" or "object"))
            _notes.Changed(dtype, "tokens are compared as text: 1 and 1.0 are two, and an empty cell is missing, where FuxiCTR reads 0 unless fill_na says otherwise", Key("dtype"));
        var list = type == "sequence" ? SequenceImport.Read(section, _notes, Key) : null;
        var kind = isNumeric ? FieldKind.Numeric : list is null ? FieldKind.Categorical : FieldKind.Sequence;
        var plain = new Field("", kind) { List = list };
        if (Transformed(section, names, plain, Key) is not { } field)
            return;
        foreach (var name in section.Has("preprocess") ? [] : names.Where(n => _raw?.Has(n) == false))
            _notes.Lost(entry with { Node = name }, $"the column is not in {_raw!.File}; training will ask for it", Key("name"));
        field = field with { Missing = Missing(section, isNumeric, Key) };
        if (section.Take("min_categr_count") is { } count && count.Count != _minCount)
            field = field with { MinCount = count.Count };
        OwnEmbedding(section, names, field, Key);
        field = Shared(field, section.Take("share_embedding"), Key);
        foreach (var (key, reason) in Needless)
        {
            if (section.Take(key) is { } needless)
                _notes.Unneeded(needless, reason, Key(key));
        }

        foreach (var rest in section.Left.Where(r => !r.IsNone))
            _notes.Lost(rest, SequenceKeys.Contains(rest.Key) ? "belongs to sequences" : "no counterpart is known", Key(rest.Key));
        _fields.AddRange(names.Select(n => field with { Name = n }));
    }

    private void Ignore(ConfigValue entry, ConfigSection section, string type, string key)
    {
        if (type is "meta")
        {
            _notes.Unneeded(entry with { Node = type }, "not read by the model; ignored", key);
            return;
        }

        var more = section.Left.Where(v => !v.IsNone).Select(v => $"{v.Key} {v.Shown}").ToArray();
        _notes.Lost(
            entry with { Node = more.Length == 0 ? type : $"{type} ({string.Join(", ", more)})" },
            $"no model here reads {type} fields; ignored: what matters of it, such as a last item, must be a column of its own", key);
    }

    // The field without its name, or null where it is a part of a time or left out.
    private Field? Transformed(ConfigSection section, string[] names, Field field, Func<string, string> key)
    {
        var isNumeric = field.Kind == FieldKind.Numeric;
        if (section.Take("preprocess") is { } preprocess)
        {
            if (_preprocess.Read(preprocess, names, field, key("preprocess")) is not { } made)
            {
                section.Take("fill_na", "na_value");
                return null;
            }

            if (made != field)
                return made;
        }

        if (section.Take("normalizer") is { } normalizer)
        {
            TransformKind? kind = normalizer.Text switch
            {
                "StandardScaler" => TransformKind.Standardise,
                "MinMaxScaler" => TransformKind.MinMax,
                _ => null
            };
            if (isNumeric && kind is { } known)
            {
                _notes.Changed(
                    normalizer,
                    $"FuxiCTR fills missing cells before it fits, with 0 unless fill_na says otherwise; here they are left out of the fit and become 0 after it{(known == TransformKind.MinMax ? ", and values beyond those of training rows are held at the ends" : "")}",
                    key("normalizer"));
                return field with { Transform = new(known) };
            }

            _notes.Lost(normalizer, "there are StandardScaler and MinMaxScaler, for numeric fields", key("normalizer"));
        }

        // FuxiCTR 1 says it by `encoder`.
        var processor = section.Take("category_processor");
        if (processor is null && field.Kind == FieldKind.Categorical && section.Take("encoder") is { } encoder)
        {
            processor = encoder;
            if (encoder.Text.Length == 0)
                processor = null;
        }

        if (processor is null)
            return field;
        var buckets = section.Take("num_buckets")?.Count ?? _buckets;
        switch (processor.Text)
        {
            case "quantile_bucket" or "numeric_bucket" when field.List is null:
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
        {
            if (fill.Text.Length == 0)
                return null;
            _notes.Changed(fill, "such cells and empty ones are missing and have an id of their own, where FuxiCTR 2 gives them that of unknown tokens", key(fill.Key));
            return ["", fill.Text];
        }

        if (fill.TryNumber() != 0)
            _notes.Lost(fill, "missing numbers are 0, after scaling too; write the number into the files", key(fill.Key));
        return null;
    }

    // Keys and values of `embedding`, `fields`; what is said of several names holds for each.
    private void OwnEmbedding(ConfigSection section, string[] names, Field field, Func<string, string> key)
    {
        var values = new List<(string, OptionTree)>();
        if (section.Take("embedding_dim") is { } dimension)
        {
            if (field.Kind == FieldKind.Numeric && !field.Transform.MakesTokens)
                _notes.Lost(dimension, "numbers have vectors of the experiment's dimension", key("embedding_dim"));
            else
                values.Add(("dimension", dimension.Integer));
        }

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
                values.AddRange([("pretrained", pretrained.Text), ("freeze", freeze?.Flag ?? true)]);
            }
        }
        else if (freeze is not null)
        {
            _notes.Unneeded(freeze, "there is no pretrained_emb beside it", key("freeze_emb"));
        }

        if (values.Count > 0)
            _embeddings.AddRange(names.Select(n => (n, OptionTree.Keys(values))));
    }

    // FuxiCTR shares with fields that stand before; here with the one whose vocabulary it is.
    private Field Shared(Field field, ConfigValue? share, Func<string, string> key)
    {
        if (share is null)
            return field;
        if (_fields.Find(f => f.Name == share.Text) is not { Kind: not FieldKind.Ignored } owner)
        {
            _notes.Lost(share, "there is no such field before this one, or it is ignored", key("share_embedding"));
            return field;
        }

        if ((field.MinCount ?? _minCount) > 1 || (owner.MinCount ?? _minCount) > 1)
            _notes.Changed(share, "tokens of both are counted together against one min_count, the first field's; FuxiCTR counts each field's own", key("share_embedding"));
        return field with { Share = owner.Share ?? owner.Name, MinCount = owner.MinCount };
    }
}
