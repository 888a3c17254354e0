using Consort.Data.Schemas;

namespace Consort.Import;

/// <summary>What FuxiCTR says of a field of <c>type: sequence</c>.</summary>
internal static class SequenceImport
{
    // FuxiCTR takes the longest of the training rows, which are not read here.
    private const int LongestUnsaid = 200;

    private const string ReadOneByOne = "the model gets the tokens one by one where it has attention; others take their mean";

    /// <summary>Reads how the field's cells are cut.</summary>
    /// <param name="section">The entry's keys.</param>
    /// <param name="notes">Where to say what was not carried over.</param>
    /// <param name="key">A key's full name.</param>
    /// <exception cref="ConsortException">A key is malformed.</exception>
    public static FieldList Read(ConfigSection section, ImportNotes notes, Func<string, string> key)
    {
        var (splitter, padding) = (section.Take("splitter"), section.Take("padding"));
        var encoder = section.TakeAny("feature_encoder", "encoder");
        var delimiter = new Delimiter(splitter?.Text ?? "^");
        if (!delimiter.IsUsable)
            throw splitter!.Error($"1 to {Delimiter.MostBytes} bytes without a quote or a line end");
        return new FieldList
        {
            Splitter = delimiter,
            MaxLength = MaxLength(section.Take("max_len"), notes, key("max_len")),
            // Its tokens are cut on the side that is padded.
            Keep = padding?.Text switch
            {
                null or "post" => ListEnd.First,
                "pre" => ListEnd.Last,
                _ => throw padding.Error("pre or post"),
            },
            Pooling = encoder is null ? ListPooling.Mean : Pooling(encoder, notes, key(encoder.Key)),
        };
    }

    /// <summary>Reads how the vectors of its tokens become one.</summary>
    /// <param name="encoder">FuxiCTR's name of a layer, or nothing.</param>
    /// <param name="notes">Where to say what was not carried over.</param>
    /// <param name="key">The key's full name.</param>
    public static ListPooling Pooling(ConfigValue encoder, ImportNotes notes, string key)
    {
        var name = encoder.IsNone ? "" : encoder.Text.Split('(')[0].Split('.')[^1].Trim();
        switch (name)
        {
            case "MaskedAveragePooling":
                return ListPooling.Mean;
            case "MaskedSumPooling":
                return ListPooling.Sum;
            case "":
                notes.Changed(encoder, ReadOneByOne, key);
                return ListPooling.Mean;
            default:
                notes.Lost(encoder, "there are MaskedAveragePooling and MaskedSumPooling; the mean stands for it", key);
                return ListPooling.Mean;
        }
    }

    private static int MaxLength(ConfigValue? value, ImportNotes notes, string key)
    {
        if (value is { Integer: not 0 })
        {
            if (value.Integer < 0)
                throw value.Error("a whole number of at least 0");
            if (value.Integer > FieldList.Most)
                notes.Lost(value, $"at most {FieldList.Most} tokens are kept", key);
            return (int)Math.Min(value.Integer, FieldList.Most);
        }

        if (value is not null)
            notes.Changed(value, $"FuxiCTR takes the longest of the training rows; {LongestUnsaid} stands for it: write max_len into the schema where there are longer ones", key);
        return LongestUnsaid;
    }
}
