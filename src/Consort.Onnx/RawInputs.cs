using System.Globalization;
using Consort.Compute.Graphs;
using Consort.Data.Encoders;
using Consort.Data.Schemas;

namespace Consort.Onnx;

/// <summary>
/// The inputs of a model that is fed raw values, and the nodes that make ids and numbers of them as the encoder does: one input [B, 1] a
/// field.
/// </summary>
internal sealed class RawInputs : ColumnNodes
{
    private readonly Dictionary<string, FormValue> _fields = new(StringComparer.Ordinal);
    private readonly Dictionary<string, FormValue> _weights = new(StringComparer.Ordinal);
    private readonly Dictionary<int, FormValue> _lists = []; // int64 [B, L] by place among the columns of ids
    private FormValue[] _ids = []; // [B, 1] each
    private readonly TimeParts _times;
    private readonly UnixTimes _unix;
    private readonly StepAges _steps;
    private readonly TokenIds _tokens;
    private readonly ScaledNumbers _numbers;
    private readonly PiecewiseNumbers _piecewise;
    private readonly GeneratedColumns _generated;

    private RawInputs(GraphWriter writer, Encoder encoder) : base(writer)
    {
        (_times, _unix) = (new TimeParts(writer), new UnixTimes(writer));
        (_tokens, _numbers) = (new TokenIds(writer), new ScaledNumbers(writer));
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
        var input = Writer.AddInput(field.Name, type, 1, meaning);
        if (input.Name != field.Name)
            Notes.Add($"field {field.Name} is the input {input.Name}");
        Writer.Scope = $"encode/{field.Name}";
        _fields.Add(field.Name, column.AbsentIsZero
            ? Writer.Add("Where", [Writer.Add("IsNaN", [input], []), Number(0), input], []) : input);
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
        _fields.Add(list.Name, Writer.AddInput(list.Name, type, length, meaning));
        if (list.Shape.IsWeighted)
            _weights.Add(list.Name, Writer.AddInput($"{list.Name}_weights", ElementType.Float, length, "the tokens' weights"));
    }

    private static string Quoted(IReadOnlyList<string> texts) =>
        texts.Count == 0 ? "none" : string.Join(", ", texts.Select(t => $"\"{t}\""));

    // int64 [B, F]
    private FormValue? Categorical(FittedColumn[] columns)
    {
        if (columns.Length == 0)
            return null;
        var ids = _ids = new FormValue[columns.Length];
        foreach (var group in columns.OfType<FittedTokens>().Where(c => c.Field.Kind == FieldKind.Numeric).GroupBy(ScaledNumbers.KeyOf))
            Buckets([.. group], (column, id) => ids[Array.IndexOf(columns, column)] = id);
        for (var i = 0; i < columns.Length; i++)
        {
            var column = columns[i];
            Writer.Scope = $"encode/{column.Name}";
            ids[i] = column switch
            {
                FittedList list => List(i, list),
                FittedStepAges ages => Placed(i, _steps.Ids(ages), null),
                FittedHash { Field.IsGenerated: true } => throw new ConsortException(
                    $"column {column.Name}: found a cross by hash, expected one with a vocabulary: ONNX has no XxHash3; leave its transform out, or write a model that takes ids (--input ids)"),
                FittedHash => Field(column),
                FittedPiecewise piecewise => _piecewise.Id(i, piecewise, Field(piecewise), _numbers.IsMissing(Field(piecewise), piecewise)),
                FittedCross cross => _generated.Cross(cross, ids),
                FittedLookup lookup => _generated.Id(lookup, _ids[lookup.KeyPlace], _lists[lookup.ListPlace]),
                FittedBoolean boolean => _tokens.Id(boolean, Field(column)),
                FittedTime { Field.Kind: FieldKind.Time } time => _unix.Id(time),
                FittedTime time => _times.Id(time, Field(column)),
                FittedQuantiles quantiles => Quantile(quantiles),
                FittedTokens tokens when tokens.Field.Kind == FieldKind.Categorical => _tokens.Id(tokens, Field(column)),
                _ => ids[i],
            };
        }

        return Joined(ids);
    }

    // The ids go where operations look for lists; among those of other columns stands one that nobody reads.
    private FormValue List(int place, FittedList column)
    {
        var ids = column.Tokens is FittedTokens tokens ? _tokens.Ids(tokens, Field(column), column.Shape) : Field(column); // int64 [B, L]
        return Placed(place, ids, _weights.TryGetValue(column.Name, out var weights) ? weights : null);
    }

    private FormValue Placed(int place, FormValue ids, FormValue? weights)
    {
        Writer.SetList(place, ids, weights);
        _lists.Add(place, ids);
        return Column(ids, 0);
    }

    private void Buckets(FittedTokens[] columns, Action<FittedTokens, FormValue> put)
    {
        Writer.Scope = "encode/log2_buckets";
        var x = Joined([.. columns.Select(Field)]); // double [B, k]
        _tokens.Buckets(columns, x, _numbers.IsMissing(x, columns[0]), put);
    }

    // How many boundaries are below x.
    private FormValue Quantile(FittedQuantiles column)
    {
        var x = Field(column);
        var boundaries = Writer.Constant([.. column.Boundaries], [1, column.Boundaries.Count]);
        var below = Cast(Writer.Add("Less", [boundaries, x], []), ElementType.Int64); // [B, K]
        var count = Writer.Add("ReduceSum", [below, Whole(1)], [new FormAttribute("keepdims", 1)]);
        var id = Writer.Add("Add", [count, Whole(column.Offset + 2)], []);
        return Writer.Add("Where", [_numbers.IsMissing(x, column), Whole(column.Offset), id], []);
    }

    // float [B, N]: (x − shift) · scale, held where it is to be held, 0 where missing
    private FormValue? Numeric(FittedColumn[] columns)
    {
        if (columns.Length == 0)
            return null;
        var groups = columns.OfType<FittedNumber>().GroupBy(ScaledNumbers.KeyOf).Select(g => g.ToArray()).ToArray();
        var numbers = new FormValue[columns.Length]; // [B, 1] each
        foreach (var group in groups)
        {
            Writer.Scope = "encode/numeric";
            var x = Transformed(group); // [B, k]
            if (group.Length == columns.Length)
                return x;
            for (var i = 0; i < group.Length; i++)
                numbers[Array.IndexOf(columns, group[i])] = Column(x, i);
        }

        foreach (var lookup in columns.OfType<FittedLookup>())
        {
            Writer.Scope = $"encode/{lookup.Name}";
            FormValue? weights = _weights.TryGetValue(lookup.Field.In!, out var own) ? own : null;
            var (weight, isUnknown) = _generated.Weight(lookup, _ids[lookup.KeyPlace], _lists[lookup.ListPlace], weights);
            numbers[Array.IndexOf(columns, lookup)] = _numbers.Scaled(Cast(weight, ElementType.Double), isUnknown, [lookup.Weight!]);
        }

        foreach (var age in columns.OfType<FittedAge>())
        {
            Writer.Scope = $"encode/{age.Name}";
            var (days, isMissing) = _unix.Days(age);
            numbers[Array.IndexOf(columns, age)] = _numbers.Scaled(days, isMissing, [age.Days]);
        }

        return Joined(numbers);
    }

    private FormValue Transformed(FittedNumber[] columns)
    {
        var x = Joined([.. columns.Select(Field)]); // double [B, k]
        return _numbers.Scaled(x, _numbers.IsMissing(x, columns[0]), columns);
    }

    private FormValue Field(FittedColumn column) => _fields[column.Field.Name];
}
