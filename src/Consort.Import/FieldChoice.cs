using Consort.Data.Schemas;
using Consort.Foundation.Options;

namespace Consort.Import;

/// <summary>What FuxiCTR's <c>feature_specs</c> and <c>use_features</c> make of the fields of a dataset.</summary>
internal sealed class FieldChoice(ImportNotes notes, List<Field> fields, List<(string Field, OptionTree Value)> embeddings)
{
    /// <summary>Changes the fields and their embeddings.</summary>
    /// <exception cref="ConsortException">One of the keys is malformed.</exception>
    public void Apply(ConfigSection section)
    {
        Specify(section);
        Select(section);
    }

    // FuxiCTR's model section may say more of a field than the dataset does.
    private void Specify(ConfigSection section)
    {
        if (section.Take("feature_specs") is not { } specs)
            return;
        foreach (var spec in specs.Items)
        {
            var own = new ConfigSection().Over(spec.Mapping ?? throw spec.Error("a mapping with a name"), spec.Source);
            var names = (own.Take("name") ?? throw spec.Error("a mapping with a name")).Items.Select(i => i.Text).ToArray();
            if (own.Take("embedding_dim") is { } dimension)
            {
                foreach (var name in names)
                    Resize(name, dimension);
            }

            foreach (var name in own.Has("feature_encoder") ? names.Where(n => fields.Exists(f => f.Name == n && f.List is not null)) : [])
                Pool(name, own.TakeAny("feature_encoder")!);

            foreach (var rest in own.Left.Where(r => !r.IsNone))
                notes.Lost(rest, "no counterpart is known", $"feature_specs [{string.Join(", ", names)}] {rest.Key}");
        }
    }

    private void Pool(string name, ConfigValue encoder)
    {
        var place = fields.FindIndex(f => f.Name == name);
        var pooling = SequenceImport.Pooling(encoder, notes, $"feature_specs [{name}] feature_encoder");
        fields[place] = fields[place] with { List = fields[place].List! with { Pooling = pooling } };
    }

    private void Resize(string name, ConfigValue dimension)
    {
        if (fields.Find(f => f.Name == name) is not { Kind: FieldKind.Categorical or FieldKind.Sequence }
            || embeddings.Exists(e => e.Field == name))
        {
            notes.Lost(dimension, "there is no such categorical field, or it has a dimension of its own",
                $"feature_specs [{name}] embedding_dim");
            return;
        }

        embeddings.Add((name, OptionTree.Keys(("dimension", dimension.Integer))));
    }

    private void Select(ConfigSection section)
    {
        if (section.Take("use_features") is not { } used)
            return;
        var names = used.Items.Select(i => i.Text).ToHashSet(StringComparer.Ordinal);
        foreach (var name in names.Where(n => !fields.Exists(f => f.Name == n)))
            notes.Lost(used, $"there is no field {name}", $"use_features {name}");
        for (var i = 0; i < fields.Count; i++)
        {
            if (!names.Contains(fields[i].Name))
                fields[i] = new Field(fields[i].Name, FieldKind.Ignored);
        }

        embeddings.RemoveAll(e => !names.Contains(e.Field));
        // A vocabulary whose first field is out goes to the next one that shares it.
        foreach (var shared in fields.Where(f => f.Share is not null && !names.Contains(f.Share)).GroupBy(f => f.Share).ToArray())
        {
            var heir = shared.First();
            foreach (var field in shared)
                fields[fields.IndexOf(field)] = field with { Share = field == heir ? null : heir.Name };
        }
    }
}
