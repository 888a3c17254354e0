using System.Globalization;
using Consort.Compute.Graphs;
using Consort.Data.Encoders;
using Consort.Data.Schemas;
using Google.Protobuf;

namespace Consort.Onnx;

/// <summary>
/// The inputs of a model that is fed raw values, and the nodes that make ids and numbers of them as the encoder does: one input [B, 1] a
/// field.
/// </summary>
internal sealed class RawInputs
{
    // What stands for a missing number among whole ones: no value of up to 18 digits is as small.
    private const long Missing = -(1L << 62);

    private readonly GraphWriter _writer;
    private readonly Encoder _encoder;
    private readonly Dictionary<string, FormValue> _fields = new(StringComparer.Ordinal);
    private readonly Dictionary<string, FormValue> _weights = new(StringComparer.Ordinal);
    private readonly Dictionary<int, FormValue> _lists = []; // int64 [B, L] by place among the columns of ids
    private FormValue[] _ids = []; // [B, 1] each
    private readonly TimeParts _times;
    private readonly UnixTimes _unix;
    private readonly StepAges _steps;
    private readonly PiecewiseNumbers _piecewise;
    private readonly GeneratedColumns _generated;

    private RawInputs(GraphWriter writer, Encoder encoder)
    {
        (_writer, _encoder, _times, _unix) = (writer, encoder, new TimeParts(writer), new UnixTimes(writer));
        (_piecewise, _generated) = (new PiecewiseNumbers(writer), new GeneratedColumns(writer, encoder.Space));
        _steps = new StepAges(writer, _unix);
    }

    /// <summary>What callers must do that the encoder does otherwise.</summary>
    public List<string> Notes { get; } = [];

    public static EncodedInputs Add(GraphWriter writer, Encoder encoder, List<string> notes)
    {
        var inputs = new RawInputs(writer, encoder);
        var columns = FittedColumn.Of(encoder);
        foreach (var (place, field) in encoder.Schema.Fields.Index())
            if (field.Kind == FieldKind.Time && encoder.Reads(place))
                inputs._unix.AddInput(field, inputs.Notes);
            else if (columns.FirstOrDefault(c => c.Field.Name == field.Name) is { Field.IsGenerated: false } column)
                inputs.AddField(column);
        FittedColumn[] categorical = [.. columns.Where(c => c.Size > 0)];
        var ids = inputs.Categorical(categorical);
        var numeric = inputs.Numeric([.. columns.Where(c => c.Size == 0)]);
        if (encoder.Schema.Trim)
            inputs.Notes.Add("spaces around a value are dropped by the encoder but not by this model: drop them before");
        notes.AddRange(inputs.Notes);
        return new EncodedInputs(ids, numeric);
    }

    private void AddField(FittedColumn column)
    {
        var field = column.Field;
        if (column is FittedStepAges ages)
        {
            _steps.AddInput(ages, Notes);
            return;
        }

        if (column is FittedList list)
        {
            AddList(list);
            return;
        }

        var (type, meaning) = column switch
        {
            FittedHash => (ElementType.Int64, "the global id that the encoder gives: ONNX has no XxHash3"),
            FittedBoolean => (ElementType.String, $"true or false; missing: {Quoted(column.Missing)}"),
            FittedTime => (ElementType.String, $"a time as YYMMDDHH; missing: {Quoted(column.Missing)}"),
            FittedTokens when field.Kind == FieldKind.Categorical => (ElementType.String, $"the text; missing: {Quoted(column.Missing)}"),
            { AbsentIsZero: true } => (ElementType.Double, "the number; not given: NaN, which is 0 as in the file"),
            _ => (ElementType.Double, "the number; missing: NaN"),
        };
        if (column is FittedHash hash)
            Notes.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"field {field.Name} is hashed, which ONNX's operators cannot: its input is the id {hash.Offset} where missing, else {hash.Offset + 2} + XxHash3(text) mod {hash.Size - 2}"));
        if (column is FittedNumber { Field.Outside: OutsideRule.Error } strict)
            Notes.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"field {field.Name}: the encoder refuses numbers outside {strict.Low:G6} to {strict.High:G6} (outside: error); this model takes them for the nearest bound"));
        var input = _writer.AddInput(field.Name, type, 1, meaning);
        if (input.Name != field.Name)
            Notes.Add($"field {field.Name} is the input {input.Name}");
        _writer.Scope = $"encode/{field.Name}";
        _fields.Add(field.Name, column.AbsentIsZero
            ? _writer.Add("Where", [_writer.Add("IsNaN", [input], []), Number(0), input], []) : input);
    }

    // [B, L]: a token each
    private void AddList(FittedList list)
    {
        var isHashed = list.Tokens is FittedHash;
        var meaning = isHashed ? "a global id each, as the encoder gives it; behind them -1"
            : list.Shape.IsOrdered ? "a token each, the empty text for a missing one; behind them the empty text"
            : "a token each; behind them the empty text";
        if (isHashed)
            Notes.Add($"field {list.Name} is hashed, which ONNX's operators cannot: its input are the ids that the encoder gives");
        Notes.Add(string.Create(CultureInfo.InvariantCulture,
            $"field {list.Name} is a list: its input has {list.Shape.MaxLength} places a row, and no splitter is looked for; of more tokens keep the {(list.List.Keep == ListEnd.Last ? "last" : "first")}"));
        var (type, length) = (isHashed ? ElementType.Int64 : ElementType.String, list.Shape.MaxLength);
        _fields.Add(list.Name, _writer.AddInput(list.Name, type, length, meaning));
        if (list.Shape.IsWeighted)
            _weights.Add(list.Name, _writer.AddInput($"{list.Name}_weights", ElementType.Float, length, "the tokens' weights"));
    }

    private static string Quoted(IReadOnlyList<string> texts) =>
        texts.Count == 0 ? "none" : string.Join(", ", texts.Select(t => $"\"{t}\""));

    // int64 [B, F]
    private FormValue? Categorical(FittedColumn[] columns)
    {
        if (columns.Length == 0)
            return null;
        var ids = _ids = new FormValue[columns.Length];
        foreach (var group in columns.OfType<FittedTokens>().Where(c => c.Field.Kind == FieldKind.Numeric).GroupBy(MissingKey))
            Buckets([.. group], (column, id) => ids[Array.IndexOf(columns, column)] = id);
        for (var i = 0; i < columns.Length; i++)
        {
            var column = columns[i];
            _writer.Scope = $"encode/{column.Name}";
            ids[i] = column switch
            {
                FittedList list => List(i, list),
                FittedStepAges ages => Placed(i, _steps.Ids(ages), null),
                FittedHash { Field.IsGenerated: true } => throw new ConsortException(
                    $"column {column.Name}: found a cross by hash, expected one with a vocabulary: ONNX has no XxHash3; leave its transform out, or write a model that takes ids (--input ids)"),
                FittedHash => Field(column),
                FittedPiecewise piecewise => _piecewise.Id(i, piecewise, Field(piecewise), IsMissing(Field(piecewise), piecewise)),
                FittedCross cross => _generated.Cross(cross, ids),
                FittedLookup lookup => _generated.Id(lookup, _ids[lookup.KeyPlace], _lists[lookup.ListPlace]),
                FittedBoolean boolean => Boolean(boolean),
                FittedTime { Field.Kind: FieldKind.Time } time => _unix.Id(time),
                FittedTime time => _times.Id(time, Field(column)),
                FittedQuantiles quantiles => Quantile(quantiles),
                FittedTokens tokens when tokens.Field.Kind == FieldKind.Categorical => Token(tokens),
                _ => ids[i],
            };
        }

        return Joined(ids);
    }

    // The ids go where operations look for lists; among those of other columns stands one that nobody reads.
    private FormValue List(int place, FittedList column)
    {
        var ids = column.Tokens is FittedTokens tokens ? Tokens(tokens, column.Shape) : Field(column); // int64 [B, L]
        return Placed(place, ids, _weights.TryGetValue(column.Name, out var weights) ? weights : null);
    }

    private FormValue Placed(int place, FormValue ids, FormValue? weights)
    {
        _writer.SetList(place, ids, weights);
        _lists.Add(place, ids);
        return _writer.Add("Slice", [ids, Whole(0), Whole(1), Whole(1)], []);
    }

    // The ids of a list, −1 behind them. An empty text before the last that is not is a missing token of a sequence.
    private FormValue Tokens(FittedTokens column, ListShape shape)
    {
        var ids = Token(column, -1, shape.IsOrdered ? column.Offset : -1); // int64 [B, L]
        if (!shape.IsOrdered)
            return ids;
        var places = _writer.Constant([.. Enumerable.Range(1, shape.MaxLength).Select(i => (long)i)], [1, shape.MaxLength]);
        var isThere = _writer.Add("GreaterOrEqual", [ids, Whole(0)], []);
        var last = _writer.Add("ReduceMax", [_writer.Add("Where", [isThere, places, Whole(0)], [])],
            [new FormAttribute("axes", [1L]), new FormAttribute("keepdims", 1)]); // [B, 1]
        var either = _writer.Add("Or", [isThere, _writer.Add("Greater", [places, last], [])], []);
        return _writer.Add("Where", [either, ids, Whole(column.Offset)], []);
    }

    private FormValue Token(FittedTokens column) =>
        Token(column, column.Missing.Contains("") ? column.Offset : null, column.Offset);

    // What id the empty text has, where it is no token, and what id other texts that mean a missing value.
    private FormValue Token(FittedTokens column, long? emptyId, long missingId)
    {
        var keys = new List<ByteString>(column.Count + column.Missing.Count);
        var values = new List<long>(keys.Capacity);
        foreach (var nothing in column.Missing.Concat(emptyId is null ? [] : [""]).Distinct(StringComparer.Ordinal))
        {
            keys.Add(ByteString.CopyFromUtf8(nothing));
            values.Add(nothing.Length == 0 ? emptyId!.Value : missingId);
        }

        var missing = column.Missing.Select(System.Text.Encoding.UTF8.GetBytes).ToArray();
        for (var i = 0; i < column.Count; i++)
        {
            var token = column.Token(i);
            if (IsAny(missing, token))
                continue;
            keys.Add(ByteString.CopyFrom(token));
            values.Add(column.Offset + 2 + i);
        }

        return _writer.Add(
            GraphWriter.MachineLearning, "LabelEncoder", [Field(column)],
            GraphWriter.Texts("keys_strings", keys), GraphWriter.Attribute(new FormAttribute("values_int64s", values)),
            GraphWriter.Attribute(new FormAttribute("default_int64", column.Offset + 1L)));
    }

    // Every word in every way to write it; what else there is the encoder would refuse, and this model takes it for unknown.
    private FormValue Boolean(FittedBoolean column)
    {
        var keys = column.Missing.Distinct(StringComparer.Ordinal).Select(text => (Text: text, Id: (long)column.Offset))
            .Concat(Ways(column.Offset + 2, "false", "no", "f", "n", "0", "0.0"))
            .Concat(Ways(column.Offset + 3, "true", "yes", "t", "y", "1", "1.0"))
            .DistinctBy(k => k.Text, StringComparer.Ordinal).ToArray();
        return _writer.Add(
            GraphWriter.MachineLearning, "LabelEncoder", [Field(column)],
            GraphWriter.Texts("keys_strings", keys.Select(k => ByteString.CopyFromUtf8(k.Text))),
            GraphWriter.Attribute(new FormAttribute("values_int64s", [.. keys.Select(k => k.Id)])),
            GraphWriter.Attribute(new FormAttribute("default_int64", column.Offset + 1L)));

        static IEnumerable<(string Text, long Id)> Ways(long id, params string[] words) => words.SelectMany(word =>
            Enumerable.Range(0, 1 << word.Length).Select(way => (string.Concat(word.Select((c, i) =>
                (way >> i & 1) == 1 ? char.ToUpperInvariant(c) : c)), id)));
    }

    private static bool IsAny(byte[][] texts, ReadOnlySpan<byte> token)
    {
        foreach (var text in texts)
            if (token.SequenceEqual(text))
                return true;
        return false;
    }

    // x > 2 becomes floor(ln(x)²), for all these columns at once; then each looks its bucket up.
    private void Buckets(FittedTokens[] columns, Action<FittedTokens, FormValue> put)
    {
        _writer.Scope = "encode/log2_buckets";
        var x = Joined([.. columns.Select(Field)]); // double [B, k]
        var isMissing = IsMissing(x, columns[0]);
        var logarithm = _writer.Add("Log", [_writer.Add("Max", [x, Number(3)], [])], []);
        var bucket = _writer.Add("Floor", [_writer.Add("Mul", [logarithm, logarithm], [])], []);
        var either = _writer.Add("Where", [_writer.Add("Greater", [x, Number(2)], []), bucket, x], []);
        var known = _writer.Add("Where", [isMissing, Number(Missing), either], []);
        var whole = Cast(known, ElementType.Int64); // [B, k]
        for (var i = 0; i < columns.Length; i++)
        {
            var column = columns[i];
            _writer.Scope = $"encode/{column.Name}";
            var own = columns.Length == 1 ? whole : _writer.Add("Slice", [whole, Whole(i), Whole(i + 1), Whole(1)], []);
            var keys = Enumerable.Range(0, column.Count).Select(t => BucketOf(column, t)).Prepend(Missing).ToArray();
            var values = Enumerable.Range(0, column.Count).Select(t => column.Offset + 2L + t).Prepend(column.Offset).ToArray();
            put(column, _writer.Add(
                GraphWriter.MachineLearning, "LabelEncoder", [own],
                GraphWriter.Attribute(new FormAttribute("keys_int64s", keys)),
                GraphWriter.Attribute(new FormAttribute("values_int64s", values)),
                GraphWriter.Attribute(new FormAttribute("default_int64", column.Offset + 1L))));
        }
    }

    // A forged package may have any text there.
    private static long BucketOf(FittedTokens column, int token) =>
        long.TryParse(System.Text.Encoding.ASCII.GetString(column.Token(token)), NumberStyles.AllowLeadingSign,
            CultureInfo.InvariantCulture, out var bucket)
            ? bucket
            : throw new ConsortException($"column {column.Name}: found a bucket that is no whole number, expected one; the vocabulary is damaged, pack the run again");

    // How many boundaries are below x.
    private FormValue Quantile(FittedQuantiles column)
    {
        var x = Field(column);
        var boundaries = _writer.Constant([.. column.Boundaries], [1, column.Boundaries.Count]);
        var below = Cast(_writer.Add("Less", [boundaries, x], []), ElementType.Int64); // [B, K]
        var count = _writer.Add("ReduceSum", [below, Whole(1)], [new FormAttribute("keepdims", 1)]);
        var id = _writer.Add("Add", [count, Whole(column.Offset + 2)], []);
        return _writer.Add("Where", [IsMissing(x, column), Whole(column.Offset), id], []);
    }

    // float [B, N]: (x − shift) · scale, held where it is to be held, 0 where missing
    private FormValue? Numeric(FittedColumn[] columns)
    {
        if (columns.Length == 0)
            return null;
        var groups = columns.OfType<FittedNumber>().GroupBy(MissingKey).Select(g => g.ToArray()).ToArray();
        var numbers = new FormValue[columns.Length]; // [B, 1] each
        foreach (var group in groups)
        {
            _writer.Scope = "encode/numeric";
            var x = Transformed(group); // [B, k]
            if (group.Length == columns.Length)
                return x;
            for (var i = 0; i < group.Length; i++)
                numbers[Array.IndexOf(columns, group[i])] = _writer.Add("Slice", [x, Whole(i), Whole(i + 1), Whole(1)], []);
        }

        foreach (var lookup in columns.OfType<FittedLookup>())
        {
            _writer.Scope = $"encode/{lookup.Name}";
            FormValue? weights = _weights.TryGetValue(lookup.Field.In!, out var own) ? own : null;
            var (weight, isUnknown) = _generated.Weight(lookup, _ids[lookup.KeyPlace], _lists[lookup.ListPlace], weights);
            numbers[Array.IndexOf(columns, lookup)] = Scaled(Cast(weight, ElementType.Double), isUnknown, [lookup.Weight!]);
        }

        foreach (var age in columns.OfType<FittedAge>())
        {
            _writer.Scope = $"encode/{age.Name}";
            var (days, isMissing) = _unix.Days(age);
            numbers[Array.IndexOf(columns, age)] = Scaled(days, isMissing, [age.Days]);
        }

        return Joined(numbers);
    }

    private FormValue Transformed(FittedNumber[] columns)
    {
        var x = Joined([.. columns.Select(Field)]); // double [B, k]
        return Scaled(x, IsMissing(x, columns[0]), columns);
    }

    private FormValue Scaled(FormValue x, FormValue isMissing, FittedNumber[] columns)
    {
        if (columns.Any(c => double.IsFinite(c.Low)))
        {
            x = _writer.Add("Max", [x, Numbers(columns.Select(c => Math.Max(c.Low, double.MinValue)))], []);
            x = _writer.Add("Min", [x, Numbers(columns.Select(c => Math.Min(c.High, double.MaxValue)))], []);
        }

        if (columns.Any(c => c.Shift != 0))
            x = _writer.Add("Sub", [x, Numbers(columns.Select(c => c.Shift))], []);
        if (columns.Any(c => c.Scale != 1))
            x = _writer.Add("Mul", [x, Numbers(columns.Select(c => c.Scale))], []);
        if (columns.Any(c => c.IsHeld))
        {
            x = _writer.Add("Max", [x, Numbers(columns.Select(c => c.IsHeld ? 0 : double.MinValue))], []);
            x = _writer.Add("Min", [x, Numbers(columns.Select(c => c.IsHeld ? 1 : double.MaxValue))], []);
        }

        return Cast(_writer.Add("Where", [isMissing, Number(0), x], []), ElementType.Float);
    }

    // NaN, and those numbers that the schema takes for missing
    private FormValue IsMissing(FormValue x, FittedColumn column)
    {
        var isMissing = _writer.Add("IsNaN", [x], []);
        foreach (var number in MissingNumbers(column))
            isMissing = _writer.Add("Or", [isMissing, _writer.Add("Equal", [x, Number(number)], [])], []);
        return isMissing;
    }

    private static string MissingKey(FittedColumn column) =>
        string.Join(' ', MissingNumbers(column).Select(n => n.ToString("R", CultureInfo.InvariantCulture)));

    private static IEnumerable<double> MissingNumbers(FittedColumn column) => column.Missing
        .Select(text => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : double.NaN)
        .Where(double.IsFinite).Distinct().Order();

    private FormValue Field(FittedColumn column) => _fields[column.Field.Name];

    private FormValue Joined(FormValue[] parts) =>
        parts.Length == 1 ? parts[0] : _writer.Add("Concat", parts, [new FormAttribute("axis", 1)]);

    private FormValue Cast(FormValue value, ElementType type) => _writer.Add("Cast", [value], [new FormAttribute("to", (long)type)]);

    private FormValue Number(double number) => _writer.Constant([number], []);

    private FormValue Numbers(IEnumerable<double> numbers)
    {
        double[] values = [.. numbers];
        return _writer.Constant(values, [values.Length]);
    }

    private FormValue Whole(long number) => _writer.Constant([number], [1]);
}
