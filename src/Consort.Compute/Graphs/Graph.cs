using System.Globalization;

namespace Consort.Compute.Graphs;

/// <summary>
/// A family of models as a pure description: inputs, parameters, and operations in the order they run. The trainer, the scorer and the
/// exporters read the same graph; none of them changes it.
/// </summary>
public sealed class Graph
{
    private readonly List<Value> _values = [];
    private readonly List<Parameter> _parameters = [];
    private readonly List<Table> _tables = [];
    private readonly List<Value> _outputs = [];
    private readonly List<Tap> _taps = [];
    private readonly HashSet<string> _names = [];

    /// <summary>Creates a graph without operations.</summary>
    /// <param name="columns">The ranges of ids of the categorical columns: F of them, batch ids are [B, F].</param>
    /// <param name="numerics">N, the number of numeric columns.</param>
    public Graph(IReadOnlyList<IdRange> columns, int numerics)
    {
        Columns = columns;
        Features = columns.Count == 0 ? 0 : columns.Max(c => c.Offset + c.Size);
        if (numerics > 0)
        {
            Numeric = new Value(0, "numeric", new Shape(numerics), null, []); // [B, N]
            _values.Add(Numeric);
        }
    }

    /// <summary>The ranges of ids of the categorical columns.</summary>
    public IReadOnlyList<IdRange> Columns { get; }

    /// <summary>The number of global ids: the rows of an embedding table.</summary>
    public int Features { get; }

    /// <summary>Whole numbers that the lists of one row take at the most; 0 where no column is a list.</summary>
    public int ListRoom => Columns.Sum(c => c.List?.Room ?? 0);

    /// <summary>The numeric columns [B, N], or null where there are none.</summary>
    public Value? Numeric { get; }

    /// <summary>All values, each after those it is computed from.</summary>
    public IReadOnlyList<Value> Values => _values;

    /// <summary>All dense parameters in the order they were added.</summary>
    public IReadOnlyList<Parameter> Parameters => _parameters;

    /// <summary>All embedding tables in the order they were added.</summary>
    public IReadOnlyList<Table> Tables => _tables;

    /// <summary>The logits of the members, each [B].</summary>
    public IReadOnlyList<Value> Outputs => _outputs;

    /// <summary>The layers that have a name to look at them by, in the order they were added; nothing that runs depends on them.</summary>
    public IReadOnlyList<Tap> Taps => _taps;

    /// <summary>The number of trained numbers, tables included.</summary>
    public long ParameterCount =>
        _parameters.Where(p => p.IsTrained).Sum(p => (long)p.Shape.Size) + _tables.Where(t => t.IsTrained)
        .Sum(t => (long)t.Rows * t.Dimension);

    /// <summary>Adds a dense parameter.</summary>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    public Parameter Add(Parameter parameter)
    {
        Claim(parameter.Name);
        _parameters.Add(parameter);
        return parameter;
    }

    /// <summary>Adds an embedding table.</summary>
    /// <exception cref="ArgumentException">The name is taken, or it has fewer rows than its columns have ids.</exception>
    public Table Add(Table table)
    {
        if (table.Columns is { } columns)
        {
            if (columns.Any(c => c < 0 || c >= Columns.Count) || table.Rows != RowsOf(columns))
                throw new ArgumentException($"table {table.Name} has {table.Rows} rows, expected those of its columns", nameof(table));
        }
        else if (table.Rows < Features)
            throw new ArgumentException($"table {table.Name} has {table.Rows} rows for {Features} ids", nameof(table));
        Claim(table.Name);
        _tables.Add(table);
        return table;
    }

    /// <summary>The rows of a table of these columns alone, shared ranges once.</summary>
    public int RowsOf(IReadOnlyList<int> columns) => new RowNumbers(Columns, columns).Rows;

    /// <summary>The row of a table at which a column's ids begin.</summary>
    public int FirstRow(Table table, int column) => Columns[column].Offset - new RowNumbers(Columns, table.Columns).Shift(column);

    /// <summary>Adds an operation and gives its result.</summary>
    /// <exception cref="ArgumentException">The operation cannot take these shapes or columns, or an input, parameter or table is of another
    /// graph.</exception>
    public Value Apply(Operation operation, params ReadOnlySpan<Value> inputs)
    {
        var shapes = new Shape[inputs.Length];
        for (var i = 0; i < inputs.Length; i++)
        {
            if (inputs[i].Index >= _values.Count || !ReferenceEquals(_values[inputs[i].Index], inputs[i]))
                throw new ArgumentException($"{operation.Name}: input {inputs[i]} is not of this graph", nameof(inputs));
            shapes[i] = inputs[i].Shape;
        }

        var name = string.Create(CultureInfo.InvariantCulture, $"{operation.Name}.{_values.Count}");
        var at = operation.At([.. inputs.ToArray().Select(i => i.At)]);
        if (at is not null && (at.Column < 0 || at.Column >= Columns.Count || Columns[at.Column].List is null))
            throw new ArgumentException($"{operation.Name}: found {at}, expected a column that is a list", nameof(operation));
        var most = at?.RowsOf(Columns[at.Column].Length) ?? 1;
        var value = new Value(_values.Count, name, operation.Infer(shapes), operation, inputs.ToArray(), at, most);
        var (first, end) = operation.ColumnRange(Columns.Count);
        if (first < 0 || first > end || end > Columns.Count)
            throw new ArgumentException($"{operation.Name}: found columns {first} to {end}, expected some of {Columns.Count}",
                nameof(operation));
        foreach (var parameter in operation.Parameters)
            if (!_parameters.Contains(parameter))
                throw new ArgumentException($"{operation.Name}: parameter {parameter.Name} is not of this graph", nameof(operation));
        if (operation.Table is { } table && !_tables.Contains(table))
            throw new ArgumentException($"{operation.Name}: table {table.Name} is not of this graph", nameof(operation));
        _values.Add(value);
        return value;
    }

    /// <summary>Names the logit of the next member.</summary>
    /// <param name="logit">[B].</param>
    /// <exception cref="ArgumentException">It is not one number a row, or another member's.</exception>
    public void AddOutput(Value logit)
    {
        if (logit.Shape.Size != 1 || logit.At is not null)
            throw new ArgumentException($"a member's logit is one number a row, found {logit}", nameof(logit));
        // Members with one logit would write their gradients to one place.
        foreach (var output in _outputs)
            if (ReferenceEquals(output.Root, logit.Root))
                throw new ArgumentException($"{logit} is the logit of another member", nameof(logit));
        _outputs.Add(logit);
    }

    /// <summary>Gives a value a name to look at it by: memory and results stay as they are.</summary>
    /// <exception cref="ArgumentException">The value is of another graph, or the member has a tap of that name.</exception>
    public void AddTap(Tap tap)
    {
        if (tap.Value.Index >= _values.Count || !ReferenceEquals(_values[tap.Value.Index], tap.Value))
            throw new ArgumentException($"tap {tap.Name}: {tap.Value} is not of this graph", nameof(tap));
        if (_taps.Exists(t => t.Name == tap.Name && t.Member == tap.Member))
            throw new ArgumentException($"member {tap.Member} has a tap named {tap.Name} already", nameof(tap));
        _taps.Add(tap);
    }

    private void Claim(string name)
    {
        if (!_names.Add(name))
            throw new ArgumentException($"the graph has a parameter named {name} already", nameof(name));
    }
}
