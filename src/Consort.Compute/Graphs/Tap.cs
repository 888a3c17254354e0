namespace Consort.Compute.Graphs;

/// <summary>
/// A named place in a member: the output of one of its layers, for diagnosis. A program keeps all values of a forward pass, so a tap costs
/// nothing.
/// </summary>
/// <param name="Name">Below the member, unique there: <c>mlp/0</c>.</param>
/// <param name="Member">The member.</param>
/// <param name="Value">[B, …].</param>
public sealed record Tap(string Name, int Member, Value Value)
{
    /// <summary>Whether its value is computed from that of another, directly or not.</summary>
    public bool DependsOn(Tap other) => Reaches(Value, other.Value, []);

    private static bool Reaches(Value value, Value target, HashSet<Value> seen)
    {
        // Inputs stand before what is computed from them.
        if (value.Index <= target.Index || !seen.Add(value))
            return false;
        foreach (var input in value.Inputs)
            if (ReferenceEquals(input, target) || Reaches(input, target, seen))
                return true;
        return false;
    }
}
