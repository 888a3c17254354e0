using ArchUnitNET.Domain;
using ArchUnitNET.Loader;
using Assembly = System.Reflection.Assembly;

namespace Consort.EndToEnd.Tests.House;

/// <summary>No namespace depends on one that depends on it.</summary>
public sealed class NamespaceTests
{
    [Fact]
    public void Namespaces_OfTheSource_FormNoCircle()
    {
        var edges = Edges();
        Assert.True(edges.Count > 100, $"found {edges.Count} dependencies between namespaces: the scan sees too little");
        var circles = Circles(edges.Keys.ToLookup(e => e.From, e => e.To))
            .Select(c => $"{string.Join(", ", c.Order())}:\n{string.Join('\n', edges.Where(e => c.Contains(e.Key.From) && c.Contains(e.Key.To))
                .Select(e => $"  {e.Key.From} -> {e.Key.To}: {string.Join(", ", e.Value.Take(4))}"))}");
        Assert.True(!circles.Any(), string.Join('\n', circles));
    }

    [Fact]
    public void Circles_OfAGraphWithOne_AreFound()
    {
        (string From, string To)[] edges = [("a", "b"), ("b", "c"), ("c", "b"), ("c", "d")];
        var circle = Assert.Single(Circles(edges.ToLookup(e => e.From, e => e.To)));
        Assert.Equal(["b", "c"], circle.Order());
    }

    // Who uses whom, with a few of the types that do.
    private static Dictionary<(string From, string To), SortedSet<string>> Edges()
    {
        var assemblies = ArchitectureTests.Rooms.Select(r => Assembly.Load((string)r.Data == "Consort.Cli" ? "consort" : (string)r.Data))
            .ToArray();
        var architecture = new ArchLoader().LoadAssemblies(assemblies).Build();
        var edges = new Dictionary<(string, string), SortedSet<string>>();
        foreach (var type in architecture.Types.Where(IsOurs))
        {
            foreach (var target in type.Dependencies.Select(d => d.Target)
                .Where(t => IsOurs(t) && t.Namespace.FullName != type.Namespace.FullName))
            {
                var key = (type.Namespace.FullName, target.Namespace.FullName);
                if (!edges.TryGetValue(key, out var types))
                    edges[key] = types = new SortedSet<string>(StringComparer.Ordinal);
                types.Add($"{type.Name} uses {target.Name}");
            }
        }

        return edges;
    }

    // A type parameter is nobody's.
    private static bool IsOurs(IType type) =>
        type is not GenericParameter && type.Namespace?.FullName.StartsWith("Consort.", StringComparison.Ordinal) == true;

    // Sets of nodes that all reach each other (Tarjan), of more than one.
    private static List<HashSet<string>> Circles(ILookup<string, string> edges)
    {
        var (index, low, stack, found) =
            (new Dictionary<string, int>(), new Dictionary<string, int>(), new Stack<string>(), new List<HashSet<string>>());
        foreach (var group in edges)
        {
            if (!index.ContainsKey(group.Key))
                Visit(group.Key);
        }

        return found;

        void Visit(string node)
        {
            index[node] = low[node] = index.Count;
            stack.Push(node);
            foreach (var next in edges[node])
            {
                if (!index.ContainsKey(next))
                    Visit(next);
                if (stack.Contains(next))
                    low[node] = Math.Min(low[node], low[next]);
            }

            if (low[node] != index[node])
                return;
            var circle = new HashSet<string>();
            do
                circle.Add(stack.Peek());
            while (stack.Pop() != node);
            if (circle.Count > 1)
                found.Add(circle);
        }
    }
}
